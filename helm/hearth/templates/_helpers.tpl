{{- define "hearth.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/*
Names of objects become labels of at most 63 characters: Kubernetes adds a dash and a hash of 10 for the pods of a StatefulSet,
and services want names without dots.
*/}}
{{- define "hearth.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "hearth.name" .) .Release.Name -}}
{{- .Release.Name | replace "." "-" | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "hearth.name" .) | replace "." "-" | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "hearth.selectorLabels" -}}
app.kubernetes.io/name: {{ include "hearth.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: service
{{- end -}}

{{- define "hearth.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "hearth.labels" -}}
{{ include "hearth.selectorLabels" . }}
{{ include "hearth.commonLabels" . }}
{{- end -}}

{{- define "hearth.mosquitto.selectorLabels" -}}
app.kubernetes.io/name: {{ include "hearth.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: mosquitto
{{- end -}}

{{- define "hearth.mosquitto.fullname" -}}
{{- printf "%s-mosquitto" (include "hearth.fullname" . | trunc 42 | trimSuffix "-") -}}
{{- end -}}

{{- define "hearth.mosquitto.port" -}}
{{- if .Values.mosquitto.tls.enabled }}8883{{ else }}1883{{ end -}}
{{- end -}}

{{- define "hearth.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "hearth.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "hearth.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "hearth.distributed" -}}
{{- if eq .Values.mode "distributed" }}true{{ end -}}
{{- end -}}

{{- define "hearth.externalMqtt" -}}
{{- if eq .Values.mqtt.mode "external" }}true{{ end -}}
{{- end -}}

{{/* A broker knows its clients by their ids, so with one the names of pods must stay. */}}
{{- define "hearth.stateful" -}}
{{- if or (eq .Values.mode "embedded") (eq .Values.mqtt.mode "external") }}true{{ end -}}
{{- end -}}

{{/* The secret of the service's own credentials; empty if the service makes them. */}}
{{- define "hearth.authSecret" -}}
{{- if .Values.auth.existingSecret -}}
{{- .Values.auth.existingSecret -}}
{{- else if .Values.auth.adminToken -}}
{{- printf "%s-auth" (include "hearth.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- define "hearth.brokerSecret" -}}
{{- if .Values.mqtt.external.existingSecret -}}
{{- .Values.mqtt.external.existingSecret -}}
{{- else if .Values.mqtt.external.password -}}
{{- printf "%s-broker" (include "hearth.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- define "hearth.brokerHost" -}}
{{- if .Values.mosquitto.enabled -}}
{{- printf "%s-internal" (include "hearth.mosquitto.fullname" .) -}}
{{- else -}}
{{- .Values.mqtt.external.host -}}
{{- end -}}
{{- end -}}

{{- define "hearth.brokerPort" -}}
{{- if .Values.mosquitto.enabled }}1884{{ else }}{{ .Values.mqtt.external.port | int }}{{ end -}}
{{- end -}}

{{- define "hearth.brokerTls" -}}
{{- if ternary .Values.mosquitto.tls.enabled .Values.mqtt.external.tls.enabled .Values.mosquitto.enabled }}true{{ end -}}
{{- end -}}

{{/* Whole numbers as they were written: YAML's become floating point, which is printed as 1.048576e+06. */}}
{{- define "hearth.text" -}}
{{- if kindIs "float64" . }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{- define "hearth.httpScheme" -}}
{{- if .Values.http.tls.enabled }}https{{ else }}http{{ end -}}
{{- end -}}

{{/* The port that a URL leads to. */}}
{{- define "hearth.portOf" -}}
{{- $url := urlParse . -}}
{{- if regexMatch ":[0-9]+$" $url.host -}}
{{- regexFind "[0-9]+$" $url.host -}}
{{- else if eq $url.scheme "https" -}}443
{{- else -}}80
{{- end -}}
{{- end -}}

{{/* What the schema cannot say because it concerns several values. */}}
{{- define "hearth.validate" -}}
{{- $v := .Values -}}
{{- if and $v.auth.adminToken (not $v.auth.devicePassword) (not $v.auth.existingSecret) -}}
{{- fail "auth.devicePassword is missing: auth.adminToken and auth.devicePassword go together" -}}
{{- end -}}
{{- if and $v.auth.devicePassword (not $v.auth.adminToken) (not $v.auth.existingSecret) -}}
{{- fail "auth.adminToken is missing: auth.adminToken and auth.devicePassword go together" -}}
{{- end -}}
{{- if and (include "hearth.distributed" .) (not (include "hearth.authSecret" .)) -}}
{{- fail "auth.existingSecret (or auth.adminToken and auth.devicePassword) is missing: replicas in mode distributed must share their credentials" -}}
{{- end -}}
{{- if and $v.monitoring.serviceMonitor.enabled (not (include "hearth.authSecret" .)) -}}
{{- fail "auth.existingSecret (or auth.adminToken and auth.devicePassword) is missing: monitoring.serviceMonitor.enabled needs the token that /q/metrics wants in a secret" -}}
{{- end -}}
{{- if and $v.http.tls.enabled (not $v.http.tls.secretName) -}}
{{- fail "http.tls.secretName is missing" -}}
{{- end -}}
{{- if and $v.mqtt.tls.enabled (not $v.mqtt.tls.secretName) -}}
{{- fail "mqtt.tls.secretName is missing" -}}
{{- end -}}
{{- if $v.mosquitto.enabled -}}
{{- if not (include "hearth.externalMqtt" .) -}}
{{- fail "mqtt.mode must be external with mosquitto.enabled" -}}
{{- end -}}
{{- if not $v.mosquitto.existingSecret -}}
{{- fail "mosquitto.existingSecret is missing: a secret whose key users has lines user:password" -}}
{{- end -}}
{{- if not $v.mqtt.external.username -}}
{{- fail "mqtt.external.username is missing: the user of mosquitto.existingSecret that Hearth signs in as" -}}
{{- end -}}
{{- if regexMatch "[\\s:+#/]" $v.mqtt.external.username -}}
{{- fail "mqtt.external.username has white space or one of :+#/, which Mosquitto does not take" -}}
{{- end -}}
{{- if not $v.mqtt.external.clientIdKey -}}
{{- fail "mqtt.external.clientIdKey is missing: with mosquitto.enabled the client ids must not be guessable, see docs/kubernetes.md#mosquitto" -}}
{{- end -}}
{{- if and $v.mosquitto.tls.enabled (not $v.mosquitto.tls.secretName) -}}
{{- fail "mosquitto.tls.secretName is missing" -}}
{{- end -}}
{{- else if and (include "hearth.externalMqtt" .) (not $v.mqtt.external.host) -}}
{{- fail "mqtt.external.host is missing: mqtt.mode is external" -}}
{{- end -}}
{{- if and $v.mqtt.external.username (not (include "hearth.brokerSecret" .)) -}}
{{- fail "mqtt.external.existingSecret (or mqtt.external.password) is missing: mqtt.external.username is set" -}}
{{- end -}}
{{- if and $v.mqtt.external.clientIdKey (not $v.mqtt.external.existingSecret) -}}
{{- fail "mqtt.external.existingSecret is missing: mqtt.external.clientIdKey is a key of it" -}}
{{- end -}}
{{- if and (include "hearth.externalMqtt" .) (gt (int $v.mqtt.external.connections) 1) (not $v.mqtt.external.shareGroup) -}}
{{- fail "mqtt.external.shareGroup is missing: mqtt.external.connections is above 1" -}}
{{- end -}}
{{- if and (include "hearth.externalMqtt" .) (include "hearth.distributed" .) (gt (int $v.replicas) 1) (not $v.mqtt.external.shareGroup) -}}
{{- fail "mqtt.external.shareGroup is missing: without it every replica takes every message" -}}
{{- end -}}
{{- if $v.autoscaling.enabled -}}
{{- if not (include "hearth.distributed" .) -}}
{{- fail "autoscaling.enabled needs mode distributed: in mode embedded the table lies in one pod" -}}
{{- end -}}
{{- if include "hearth.externalMqtt" . -}}
{{- fail "autoscaling.enabled needs mqtt.mode embedded: a replica that is taken away would leave messages in its session of the broker" -}}
{{- end -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas" -}}
{{- end -}}
{{- end -}}
{{- range $v.sync.peers -}}
{{- if eq .id $v.region -}}
{{- fail "sync.peers: a peer has this region's own id: region ids must differ" -}}
{{- end -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) -}}
{{- fail "ingress.hosts is missing" -}}
{{- end -}}
{{- if ge (int $v.drain.preStopSeconds) (int $v.drain.terminationGracePeriodSeconds) -}}
{{- fail "drain.terminationGracePeriodSeconds must be above drain.preStopSeconds: it includes it" -}}
{{- end -}}
{{- end -}}
