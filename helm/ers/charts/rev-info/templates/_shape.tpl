{{/* OCSP and CRLs. Argument: the root context. */}}
{{- define "rev-info.shape" -}}
kind: Deployment
image: rev-info
config: true
identity: true
args: ["--config", "/etc/ers/config/rev-info.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "rev-info") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
