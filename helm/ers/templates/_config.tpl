{{/* What every service's file begins with. Arguments: root, service (YAML of its own part), component. */}}
{{- define "ers.config.frame" -}}
{{- $telemetry := .root.Values.telemetry }}
telemetry:
  log: {{ $telemetry.log | quote }}
  log_format: {{ $telemetry.logFormat }}
  {{- with $telemetry.otlpEndpoint }}
  otlp_endpoint: {{ . | quote }}
  {{- end }}
health_listen: 0.0.0.0:9090
identity:
  certificate: /etc/ers/identity/tls.crt
  key: /etc/ers/identity/tls.key
  authorities: /etc/ers/identity/ca.crt
service:
  {{- mergeOverwrite (.service | fromYaml) (deepCopy (default (dict) (index .root.Values.ers.config .component))) | toYaml | nindent 2 }}
{{- end }}

{{/* The file of a component, whole. Arguments: root, component; signer: also chain. */}}
{{- define "ers.config" -}}
{{- include "ers.config.frame" (dict "root" .root "component" .component "service" (include (printf "ers.config.%s" .component) (dict "root" .root "chain" .chain))) }}
{{- end }}

{{- define "ers.config.database" -}}
database: { url: "env:ERS_DATABASE_URL", max_connections: {{ .Values.ers.db.maxConnections | int }} }
{{- end }}

{{- define "ers.to" -}}
{{- range $service, $component := dict "signer" "signer" "cara" "cara-ws-server" "clm" "clm-server" }}
{{- if has $service $.services }}
{{ $service }}: {{ include "ers.address" (dict "root" $.root "component" $component "port" 9443) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ers.config.signer" -}}
listen: 0.0.0.0:9443
{{ include "ers.config.database" .root }}
master_password: "file:/etc/ers/secrets/master-password"
default_token: {{ ternary "hsm" "software" (ne (include "ers.hsm" .root) "") }}
tokens:
  {{- include "ers.hsm.tokens" .root | nindent 2 }}
journal: { chain: {{ .chain | quote }} }
{{- end }}

{{- define "ers.config.cara-ws-server" -}}
{{- $crl := .root.Values.ers.crl }}
listen: 0.0.0.0:9443
http_listen: 0.0.0.0:8443
{{- include "ers.to" (dict "root" .root "services" (list "signer")) }}
{{ include "ers.config.database" .root }}
issuing:
  revocation_url: {{ include "ers.url.plain" (dict "root" .root "host" .root.Values.ingress.crl.host) }}/rev-info
  {{- if ne .root.Values.ingress.ocsp.host .root.Values.ingress.crl.host }}
  ocsp_url: {{ include "ers.url.plain" (dict "root" .root "host" .root.Values.ingress.ocsp.host) }}/rev-info
  {{- end }}
  crl:
    validity_hours: {{ $crl.validityHours | int }}
    interval_hours: {{ $crl.intervalHours | int }}
    delta_minutes: {{ $crl.deltaMinutes | int }}
    partitions: {{ $crl.partitions | int }}
  clock_tolerance_minutes: {{ .root.Values.ers.clockToleranceMinutes | int }}
{{- with .root.Values.ers.fourEyes.acts }}
  four_eyes:
    acts: {{ toJson . }}
    days: {{ $.root.Values.ers.fourEyes.days | int }}
{{- end }}
{{- end }}

{{- define "ers.config.clm-server" -}}
{{ include "ers.config.database" .root }}
{{- if include "ers.redis" .root }}
redis: "env:ERS_REDIS_URL"
{{- end }}
{{- if include "ers.oidc" .root }}
oidc:
  {{- include "ers.oidc.config" .root | nindent 2 }}
{{- end }}
notifications:
  link: {{ include "ers.url" .root }}/clm-ui
alone:
  listen: 0.0.0.0:9443
  http_listen: 0.0.0.0:8443
  http_tls: true
  {{- include "ers.to" (dict "root" .root "services" (list "cara" "signer")) | nindent 2 }}
  default_issuer: default-sub
{{- end }}

{{- define "ers.config.rev-info" -}}
listen: 0.0.0.0:8080
{{- include "ers.to" (dict "root" .root "services" (list "cara" "signer")) }}
{{- end }}

{{- define "ers.config.acme-server" -}}
external_url: {{ include "ers.url" .root }}
listen: 0.0.0.0:8080
{{ include "ers.config.database" .root }}
{{- include "ers.to" (dict "root" .root "services" (list "clm" "signer")) }}
{{- if include "ers.redis" .root }}
redis: "env:ERS_REDIS_URL"
{{- end }}
trusted_proxies:
  {{- toYaml .root.Values.ingress.trustedProxies | nindent 2 }}
{{- end }}

{{/* An enrolment server: where it listens and whom it calls. */}}
{{- define "ers.config.edge" -}}
listen: 0.0.0.0:8080
{{- include "ers.to" (dict "root" .root "services" (list "clm" "signer")) }}
{{- end }}

{{- define "ers.config.est-server" -}}
listen: 0.0.0.0:8443
{{- include "ers.to" (dict "root" .root "services" (list "clm" "signer")) }}
{{- end }}

{{- define "ers.config.cmp-server" -}}
{{ include "ers.config.edge" . }}
{{ include "ers.config.database" .root }}
trusted_proxies:
  {{- toYaml .root.Values.ingress.trustedProxies | nindent 2 }}
{{- end }}

{{- define "ers.config.scep-server" -}}
{{ include "ers.config.edge" . }}
{{ include "ers.config.database" .root }}
trusted_proxies:
  {{- toYaml .root.Values.ingress.trustedProxies | nindent 2 }}
{{- end }}

{{- define "ers.config.aec-server" -}}
listen: 0.0.0.0:8080
{{- include "ers.to" (dict "root" .root "services" (list "clm")) }}
{{- end }}

{{- define "ers.config.clm-ui" -}}
listen: 0.0.0.0:8080
{{- end }}

{{- define "ers.config.cara-admin" -}}
listen: 0.0.0.0:8080
{{- end }}

{{- define "ers.config.operator" -}}
{{- include "ers.to" (dict "root" .root "services" (list "clm")) }}
{{- end }}
