{{/* CLM's web UI. Argument: the root context. */}}
{{- define "clm-ui.shape" -}}
kind: Deployment
image: clm-ui
config: true
identity: true
args: ["--config", "/etc/ers/config/clm-ui.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "clm-ui") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
