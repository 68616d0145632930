# docker build -t hearth .
# The image listens on all interfaces, as it must to be reached, and asks everybody for credentials. Data: /var/lib/hearth.

FROM eclipse-temurin:25-jdk-noble AS build
RUN apt-get update && apt-get install -y --no-install-recommends maven && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY pom.xml ./
COPY .mvn ./.mvn
COPY src/main ./src/main
# aot-jar: all classes on the JVM's own class path, where its cache finds them.
RUN mvn -B -ntp -q package -Dquarkus.package.jar.type=aot-jar -Dmaven.test.skip=true -Dmdep.skip=true -Dinvoker.skip=true \
    -Dspotless.check.skip=true

FROM eclipse-temurin:25-jre-noble
LABEL org.opencontainers.image.title="Hearth" \
    org.opencontainers.image.description="Telemetry time-series service for smart homes" \
    org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /opt/hearth
COPY --from=build /build/target/quarkus-app ./
COPY src/docker/java.options src/docker/make-aot-cache.sh LICENSE ./
# In this stage, as a cache fits only this JVM and these files; of root, so that the service cannot change its own code.
RUN ./make-aot-cache.sh && rm make-aot-cache.sh && install -d -o 10001 -g 10001 -m 0700 /var/lib/hearth
# Two arenas of malloc: with one per thread RocksDB's buffers fragment, and the process grows.
ENV MALLOC_ARENA_MAX=2 \
    QUARKUS_HTTP_HOST=0.0.0.0 \
    HEARTH_MQTT_HOST=0.0.0.0 \
    HEARTH_DATA_DIR=/var/lib/hearth/data
USER 10001:10001
VOLUME /var/lib/hearth
EXPOSE 8080 1883
ENTRYPOINT ["java", "@/opt/hearth/java.options", "-XX:AOTCache=/opt/hearth/hearth.aot", "-jar", "/opt/hearth/quarkus-run.jar"]
