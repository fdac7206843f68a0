{{/* Labels of every object. Argument: the root context. */}}
{{- define "ers-lib.labels" -}}
helm.sh/chart: {{ printf "ers-%s" .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: ers
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What pods of a component are found by. Arguments: root, component. */}}
{{- define "ers-lib.selector" -}}
app.kubernetes.io/name: ers
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Name, namespace and labels of an object of a component. Arguments: root, component, suffix. */}}
{{- define "ers-lib.metadata" -}}
name: {{ .root.Release.Name }}-{{ .component }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "ers-lib.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- end }}
