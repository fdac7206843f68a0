{{/* CARA: gRPC for the services, REST over TLS for administrators. Argument: the root context. */}}
{{- define "cara-ws-server.shape" -}}
kind: StatefulSet
image: cara-ws
config: true
identity: true
args: ["--config", "/etc/ers/config/cara-ws-server.yaml"]
ports:
  - { name: grpc, port: 9443, appProtocol: grpc }
  - { name: https, port: 8443 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "cara-ws-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
