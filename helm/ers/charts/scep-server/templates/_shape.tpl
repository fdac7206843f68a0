{{/* The SCEP server. Argument: the root context. */}}
{{- define "scep-server.shape" -}}
kind: StatefulSet
image: scep
config: true
identity: true
args: ["--config", "/etc/ers/config/scep-server.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "scep-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
