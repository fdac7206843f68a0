{{/* The CMP server. Argument: the root context. */}}
{{- define "cmp-server.shape" -}}
kind: StatefulSet
image: cmp
config: true
identity: true
args: ["--config", "/etc/ers/config/cmp-server.yaml"]
ports:
  - { name: http, port: 8080 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "cmp-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
