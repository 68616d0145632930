{{/* The environment of the service. */}}
{{- define "hearth.env" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: JDK_JAVA_OPTIONS
  value: {{ prepend .Values.jvm.options (printf "-XX:MaxRAMPercentage=%v" .Values.jvm.heapPercent) | join " " | quote }}
- name: QUARKUS_HTTP_HOST
  value: "0.0.0.0"
{{- if .Values.http.tls.enabled }}
- name: QUARKUS_HTTP_INSECURE_REQUESTS
  value: disabled
- name: QUARKUS_HTTP_SSL_PORT
  value: {{ .Values.http.port | quote }}
- name: QUARKUS_HTTP_SSL_CERTIFICATE_FILES
  value: /etc/hearth/http-tls/tls.crt
- name: QUARKUS_HTTP_SSL_CERTIFICATE_KEY_FILES
  value: /etc/hearth/http-tls/tls.key
- name: QUARKUS_HTTP_SSL_CERTIFICATE_RELOAD_PERIOD
  value: 1h
{{- else }}
- name: QUARKUS_HTTP_PORT
  value: {{ .Values.http.port | quote }}
{{- end }}
- name: HEARTH_DATA_DIR
  value: /var/lib/hearth/data
- name: HEARTH_REGION
  value: {{ .Values.region | quote }}
- name: HEARTH_RETENTION
  value: {{ .Values.retention | quote }}
{{- with include "hearth.authSecret" . }}
- name: HEARTH_ADMIN_TOKEN
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: {{ $.Values.auth.adminTokenKey | quote }}}}
- name: HEARTH_DEVICE_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: {{ $.Values.auth.devicePasswordKey | quote }}}}
{{- end }}
{{- with .Values.auth.existingSecret }}
# Absent: the service makes one.
- name: HEARTH_SYNC_TOKEN
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: {{ $.Values.auth.syncTokenKey | quote }}, optional: true}}
{{- end }}
{{- with .Values.sync.peers }}
{{- $urls := list }}
{{- $tokens := list }}
{{- range $number, $peer := . }}
- name: PEER_TOKEN_{{ $number }}
  valueFrom: {secretKeyRef: {name: {{ $peer.tokenSecret | quote }}, key: {{ default "token" $peer.tokenKey | quote }}}}
{{- $urls = append $urls (printf "%s=%s" $peer.id $peer.url) }}
{{- $tokens = append $tokens (printf "%s=$(PEER_TOKEN_%d)" $peer.id $number) }}
{{- end }}
- name: HEARTH_SYNC_PEERS
  value: {{ join "," $urls | quote }}
- name: HEARTH_SYNC_PEER_TOKENS
  value: {{ join "," $tokens | quote }}
- name: HEARTH_SYNC_RELAY
  value: {{ $.Values.sync.relay | quote }}
{{- if $.Values.sync.caSecretName }}
- name: HEARTH_SYNC_TRUST_FILE
  value: /etc/hearth/sync-ca/ca.crt
{{- end }}
{{- end }}
- name: HEARTH_MQTT_MODE
  value: {{ .Values.mqtt.mode }}
{{- if include "hearth.externalMqtt" . }}
{{- with .Values.mqtt.external }}
- name: HEARTH_MQTT_HOST
  value: {{ include "hearth.brokerHost" $ | quote }}
- name: HEARTH_MQTT_PORT
  value: {{ include "hearth.brokerPort" $ | quote }}
# The broker keeps the session of this name, so it is the pod's, which stays.
{{- if .clientIdKey }}
- name: BROKER_CLIENT_ID
  valueFrom: {secretKeyRef: {name: {{ .existingSecret | quote }}, key: {{ .clientIdKey | quote }}}}
- name: HEARTH_MQTT_EXTERNAL_CLIENT_ID
  value: $(POD_NAME)-$(BROKER_CLIENT_ID)
{{- else }}
- name: HEARTH_MQTT_EXTERNAL_CLIENT_ID
  value: $(POD_NAME)
{{- end }}
- name: HEARTH_MQTT_EXTERNAL_CONNECTIONS
  value: {{ .connections | quote }}
- name: HEARTH_MQTT_EXTERNAL_SESSION_EXPIRY
  value: {{ .sessionExpiry | quote }}
{{- if .shareGroup }}
- name: HEARTH_MQTT_EXTERNAL_SHARE_GROUP
  value: {{ .shareGroup | quote }}
{{- end }}
{{- if .username }}
- name: HEARTH_MQTT_USERNAME
  value: {{ .username | quote }}
- name: HEARTH_MQTT_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ include "hearth.brokerSecret" $ | quote }}, key: {{ .passwordKey | quote }}}}
{{- end }}
{{- if include "hearth.brokerTls" $ }}
- name: HEARTH_MQTT_TLS_ENABLED
  value: "true"
{{- if .tls.caSecretName }}
- name: HEARTH_MQTT_TLS_TRUST_FILE
  value: /etc/hearth/broker-ca/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- else }}
- name: HEARTH_MQTT_HOST
  value: "0.0.0.0"
- name: HEARTH_MQTT_PORT
  value: {{ .Values.mqtt.port | quote }}
{{- if .Values.mqtt.tls.enabled }}
- name: HEARTH_MQTT_TLS_ENABLED
  value: "true"
- name: HEARTH_MQTT_TLS_CERTIFICATE_FILE
  value: /etc/hearth/mqtt-tls/tls.crt
- name: HEARTH_MQTT_TLS_KEY_FILE
  value: /etc/hearth/mqtt-tls/tls.key
{{- end }}
{{- end }}
{{- if include "hearth.distributed" . }}
- name: HEARTH_TABLE_ENGINE
  value: dynamodb
- name: HEARTH_DYNAMODB_TABLE
  value: {{ .Values.dynamodb.table | quote }}
- name: HEARTH_DYNAMODB_CREATE
  value: {{ .Values.dynamodb.create | quote }}
{{- with .Values.dynamodb.region }}
- name: HEARTH_DYNAMODB_REGION
  value: {{ . | quote }}
{{- end }}
{{- with .Values.dynamodb.endpoint }}
- name: HEARTH_DYNAMODB_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with .Values.dynamodb.credentialsSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: AWS_ACCESS_KEY_ID}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ . | quote }}, key: AWS_SECRET_ACCESS_KEY}}
{{- end }}
{{- else }}
- name: HEARTH_TABLE_ENGINE
  value: rocksdb
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ include "hearth.text" $value | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pod of the service, the same for a StatefulSet and a Deployment. */}}
{{- define "hearth.podTemplate" -}}
metadata:
  labels:
    {{- include "hearth.selectorLabels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- $annotations := dict }}
  {{- if and .Values.auth.adminToken (not .Values.auth.existingSecret) }}
  {{- /* Pods take the credentials at their start, so new ones make new pods. */}}
  {{- $_ := printf "%s\n%s" .Values.auth.adminToken .Values.auth.devicePassword | sha256sum | set $annotations "checksum/auth" }}
  {{- end }}
  {{- with merge $annotations .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "hearth.serviceAccountName" . }}
  # The service does not talk to Kubernetes; roles of a cloud bring tokens of their own.
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.drain.terminationGracePeriodSeconds }}
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    # Not Always: that would open the files under secrets/ to the group, and the service refuses open ones.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: hearth
      image: {{ include "hearth.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      env:
        {{- include "hearth.env" . | nindent 8 }}
      ports:
        - {name: http, containerPort: {{ .Values.http.port }}, protocol: TCP}
        {{- if not (include "hearth.externalMqtt" .) }}
        - {name: mqtt, containerPort: {{ .Values.mqtt.port }}, protocol: TCP}
        {{- end }}
      {{- $scheme := include "hearth.httpScheme" . | upper }}
      startupProbe:
        httpGet: {path: /q/health/live, port: http, scheme: {{ $scheme }}}
        periodSeconds: 2
        timeoutSeconds: {{ .Values.probes.timeoutSeconds }}
        failureThreshold: {{ div .Values.probes.startupSeconds 2 }}
      livenessProbe:
        httpGet: {path: /q/health/live, port: http, scheme: {{ $scheme }}}
        periodSeconds: {{ mul 2 .Values.probes.periodSeconds }}
        timeoutSeconds: {{ .Values.probes.timeoutSeconds }}
        failureThreshold: {{ .Values.probes.failureThreshold }}
      readinessProbe:
        httpGet: {path: /q/health/ready, port: http, scheme: {{ $scheme }}}
        periodSeconds: {{ .Values.probes.periodSeconds }}
        timeoutSeconds: {{ .Values.probes.timeoutSeconds }}
        failureThreshold: {{ .Values.probes.failureThreshold }}
      {{- if .Values.drain.preStopSeconds }}
      lifecycle:
        preStop:
          sleep: {seconds: {{ .Values.drain.preStopSeconds }}}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - {name: data, mountPath: /var/lib/hearth}
        - {name: tmp, mountPath: /tmp}
        {{- if and .Values.sync.peers .Values.sync.caSecretName }}
        - {name: sync-ca, mountPath: /etc/hearth/sync-ca, readOnly: true}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- if .Values.http.tls.enabled }}
        - {name: http-tls, mountPath: /etc/hearth/http-tls, readOnly: true}
        {{- end }}
        {{- if and .Values.mqtt.tls.enabled (not (include "hearth.externalMqtt" .)) }}
        - {name: mqtt-tls, mountPath: /etc/hearth/mqtt-tls, readOnly: true}
        {{- end }}
        {{- if and (include "hearth.externalMqtt" .) (include "hearth.brokerTls" .) .Values.mqtt.external.tls.caSecretName }}
        - {name: broker-ca, mountPath: /etc/hearth/broker-ca, readOnly: true}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: {{ .Values.tmpSize }}}
    {{- if and .Values.sync.peers .Values.sync.caSecretName }}
    - name: sync-ca
      secret: {secretName: {{ .Values.sync.caSecretName | quote }}, defaultMode: 0440}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if include "hearth.distributed" . }}
    - name: data
      emptyDir: {sizeLimit: {{ .Values.scratchSize }}}
    {{- else if .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim: {claimName: {{ .Values.persistence.existingClaim | quote }}}
    {{- end }}
    {{- if .Values.http.tls.enabled }}
    - name: http-tls
      secret: {secretName: {{ .Values.http.tls.secretName | quote }}, defaultMode: 0440}
    {{- end }}
    {{- if and .Values.mqtt.tls.enabled (not (include "hearth.externalMqtt" .)) }}
    - name: mqtt-tls
      secret: {secretName: {{ .Values.mqtt.tls.secretName | quote }}, defaultMode: 0440}
    {{- end }}
    {{- if and (include "hearth.externalMqtt" .) (include "hearth.brokerTls" .) .Values.mqtt.external.tls.caSecretName }}
    - name: broker-ca
      secret: {secretName: {{ .Values.mqtt.external.tls.caSecretName | quote }}, defaultMode: 0440}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if and (include "hearth.distributed" .) .Values.topologySpread.enabled }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: {{ $.Values.topologySpread.whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "hearth.selectorLabels" $ | nindent 10 }}
    {{- end }}
  {{- end }}
{{- end -}}
