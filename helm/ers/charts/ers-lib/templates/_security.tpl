{{/* Pod Security Standard `restricted`. Argument: the root context. */}}
{{- define "ers-lib.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.runAsUser | int }}
runAsGroup: {{ .Values.runAsUser | int }}
fsGroup: {{ .Values.runAsUser | int }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "ers-lib.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* An operator's own container, with what `restricted` asks for where it says nothing. Argument: the container. */}}
{{- define "ers-lib.foreignContainer" -}}
{{- $usual := dict "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) }}
{{- $own := deepCopy . }}
{{- $_ := set $own "securityContext" (mergeOverwrite $usual (default (dict) $own.securityContext)) }}
{{- list $own | toYaml }}
{{- end }}
