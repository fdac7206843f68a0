{{/* CLM: gRPC for the enrolment servers, REST over TLS for people. Argument: the root context. */}}
{{- define "clm-server.shape" -}}
kind: StatefulSet
image: clm-api
config: true
identity: true
args: ["--config", "/etc/ers/config/clm-server.yaml"]
ports:
  - { name: grpc, port: 9443, appProtocol: grpc }
  - { name: https, port: 8443 }
  - { name: health, port: 9090 }
environment:
  {{- include "ers.environment" (dict "root" . "component" "clm-server") | nindent 2 }}
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
