package io.hearth.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.hearth.identity.Requires;
import io.hearth.identity.Right;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What routes declare, held against the table that people wrote. The routes without a resource are in {@link CredentialsIT}. */
class RightsTest {
    private static final Map<String, Right> MEANING = Map.of("admin", Right.ADMINISTER, "peer", Right.READ_CHANGES);

    @Test
    void everyRoute_takesTheRightOfTheTable() throws Exception {
        Map<String, String> table = RightsTable.read().rights();
        Map<String, Right> declared = declared();

        assertThat(declared).hasSizeGreaterThan(50);
        assertThat(table.keySet()).as("rows of docs/rights.md").containsAll(declared.keySet());
        declared.forEach(
                (operation, right) -> assertThat(right).as(operation).isEqualTo(MEANING.get(table.get(operation))));
    }

    /** The routes of all resources, each of which must say its right. */
    private static Map<String, Right> declared() {
        Map<String, Right> declared = new TreeMap<>();
        for (JavaClass imported : new ClassFileImporter().importPackages("io.hearth.rest")) {
            if (imported.isAnnotatedWith(Path.class)) {
                Class<?> resource = imported.reflect();
                for (Method method : resource.getDeclaredMethods()) {
                    for (Annotation annotation : method.getAnnotations()) {
                        HttpMethod httpMethod = annotation.annotationType().getAnnotation(HttpMethod.class);
                        if (httpMethod != null) {
                            declared.put(httpMethod.value() + " " + path(resource, method), right(resource, method));
                        }
                    }
                }
            }
        }
        return declared;
    }

    private static String path(Class<?> resource, Method method) {
        Path path = method.getAnnotation(Path.class);
        String whole = resource.getAnnotation(Path.class).value() + (path == null ? "" : path.value());
        return whole.replace("//", "/").replaceAll("\\{([^}:]+):[^}]+}", "{$1}");
    }

    private static Right right(Class<?> resource, Method method) {
        Requires own = method.getAnnotation(Requires.class);
        Requires declared = own == null ? resource.getAnnotation(Requires.class) : own;
        assertThat(declared).as("the right of " + method).isNotNull();
        return declared.value();
    }
}
