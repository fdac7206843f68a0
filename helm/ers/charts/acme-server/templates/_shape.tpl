{{/* The ACME server. Argument: the root context. */}}
{{- define "acme-server.shape" -}}
kind: Deployment
image: acme
config: true
identity: true
args: ["--config", "/etc/ers/config/acme-server.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "acme-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
