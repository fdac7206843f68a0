{{/* The EST server: over TLS, since it believes the ingress's word about client certificates. Argument: the root context. */}}
{{- define "est-server.shape" -}}
kind: Deployment
image: est
config: true
identity: true
args: ["--config", "/etc/ers/config/est-server.yaml"]
ports:
  - { name: https, port: 8443 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "est-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
