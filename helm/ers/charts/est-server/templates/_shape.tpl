{{/* The EST server. Argument: the root context. */}}
{{- define "est-server.shape" -}}
kind: Deployment
image: est
config: true
identity: true
args: ["--config", "/etc/ers/config/est-server.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "est-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
