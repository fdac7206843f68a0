{{/* The Kubernetes controllers. Argument: the root context. */}}
{{- define "operator.shape" -}}
kind: Deployment
image: operator
config: true
identity: true
kubernetes: true
args: ["--config", "/etc/ers/config/operator.yaml"]
ports:
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "operator") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
