{{/* CARA's web UI. Argument: the root context. */}}
{{- define "cara-admin.shape" -}}
kind: Deployment
image: cara-admin
config: true
identity: true
args: ["--config", "/etc/ers/config/cara-admin.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "cara-admin") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
