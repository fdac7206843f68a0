{{/* The server for Microsoft auto-enrolment. Argument: the root context. */}}
{{- define "aec-server.shape" -}}
kind: Deployment
image: aec
config: true
identity: true
args: ["--config", "/etc/ers/config/aec-server.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "aec-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
