{{/* Refuses what an upgrade cannot do, or what would put the readings out of sight, as far as the cluster can be asked. */}}
{{- define "hearth.validateUpgrade" -}}
{{- $name := include "hearth.fullname" . -}}
{{- range $kind := list "StatefulSet" "Deployment" -}}
{{- with lookup "apps/v1" $kind $.Release.Namespace $name -}}
{{- include "hearth.validateMode" (dict "root" $ "installed" .) -}}
{{- include "hearth.validateSize" (dict "installed" . "value" "persistence.size" "size" $.Values.persistence.size) -}}
{{- end -}}
{{- end -}}
{{- if .Values.mosquitto.enabled -}}
{{- with lookup "apps/v1" "StatefulSet" .Release.Namespace (include "hearth.mosquitto.fullname" .) -}}
{{- include "hearth.validateSize" (dict "installed" . "value" "mosquitto.persistence.size" "size" $.Values.mosquitto.persistence.size) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hearth.validateMode" -}}
{{- $wanted := ternary "dynamodb" "rocksdb" (eq .root.Values.mode "distributed") -}}
{{- range $container := .installed.spec.template.spec.containers -}}
{{- range $container.env -}}
{{- if and (eq .name "HEARTH_TABLE_ENGINE") (ne .value $wanted) (not $.root.Values.persistence.leaveBehind) -}}
{{- fail (printf "mode: %s has its readings in another table (%s), which an upgrade to mode %s would put out of sight; docs/kubernetes.md#changing-the-mode says how they move, persistence.leaveBehind=true goes on without them" $.installed.metadata.name .value $.root.Values.mode) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hearth.validateSize" -}}
{{- range .installed.spec.volumeClaimTemplates -}}
{{- $installed := .spec.resources.requests.storage -}}
{{- if ne (include "hearth.bytes" $installed) (include "hearth.bytes" $.size) -}}
{{- fail (printf "%s is %s in the cluster, and an upgrade cannot change it: grow the claim %s-%s-0 first, then delete the StatefulSet without its pods (kubectl delete statefulset %s --cascade=orphan), then upgrade; see docs/kubernetes.md#growing-a-volume" $.value $installed .metadata.name $.installed.metadata.name $.installed.metadata.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A quantity in bytes: the cluster may write 1Gi where the values have 1024Mi. */}}
{{- define "hearth.bytes" -}}
{{- $factors := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 -}}
{{- $number := regexFind "^[0-9.]+" (toString .) -}}
{{- printf "%.0f" (mulf (float64 $number) (float64 (get $factors (trimPrefix $number (toString .))))) -}}
{{- end -}}
