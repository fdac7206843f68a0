{{/* The Secret with the ingress's TLS certificate. Argument: the root context. */}}
{{- define "ers.ingress.tls" -}}
{{ default (printf "%s-ingress" .Release.Name) .Values.ingress.tls.existingSecret }}
{{- end }}

{{/* Public paths, as a YAML list of {host, path, component, port}. Only those of what is installed. Argument: the root context. */}}
{{- define "ers.ingress.paths" -}}
{{- $root := . }}
{{- $ingress := .Values.ingress }}
{{- range $row := list
  (list $ingress.ers.host "/clm-ui" "clm-ui" "http")
  (list $ingress.ers.host "/clm-api" "clm-server" "http")
  (list $ingress.ers.host "/acme" "acme-server" "http")
  (list $ingress.ers.host "/est" "est-server" "https")
  (list $ingress.ers.host "/.well-known/est" "est-server" "https")
  (list $ingress.ers.host "/scep" "scep-server" "http")
  (list $ingress.ers.host "/cmp" "cmp-server" "http")
  (list $ingress.ers.host "/.well-known/cmp" "cmp-server" "http")
  (list $ingress.ers.host "/auth" "keycloak" "http")
  (list $ingress.ers.host "/aec" "aec-server" "http")
  (list $ingress.cara.host "/cara-ws-server" "cara-ws-server" "https")
  (list $ingress.cara.host "/cara-admin" "cara-admin" "http")
  (list $ingress.crl.host "/rev-info" "rev-info" "http")
  (list $ingress.ocsp.host "/rev-info" "rev-info" "http") }}
{{- if include "ers.has" (dict "root" $root "component" (index $row 2)) }}
- { host: {{ index $row 0 }}, path: {{ index $row 1 }}, component: {{ index $row 2 }}, port: {{ index $row 3 }} }
{{- end }}
{{- end }}
{{- end }}

{{/* Rules of an Ingress: one per host, each path once. Arguments: root, paths (a list as above). */}}
{{- define "ers.ingress.rules" -}}
{{- $root := .root }}
{{- $hosts := list }}
{{- range .paths }}{{ $hosts = append $hosts .host }}{{ end }}
{{- range $host := $hosts | uniq }}
- host: {{ $host | quote }}
  http:
    paths:
      {{- $seen := list }}
      {{- range $.paths }}
      {{- if and (eq .host $host) (not (has .path $seen)) }}
      {{- $seen = append $seen .path }}
      - path: {{ .path }}
        pathType: Prefix
        backend:
          service:
            name: {{ $root.Release.Name }}-{{ .component }}
            port: { name: {{ .port }} }
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Annotations by which the ingress asks for client certificates. Argument: the root context. */}}
{{- define "ers.ingress.clientCertificates" -}}
{{- $client := .Values.ingress.clientCertificates }}
{{- if ne $client.verify "off" }}
nginx.ingress.kubernetes.io/auth-tls-secret: {{ .Release.Namespace }}/{{ default (printf "%s-trust-cas" .Release.Name) $client.existingSecret }}
nginx.ingress.kubernetes.io/auth-tls-verify-client: {{ $client.verify | quote }}
nginx.ingress.kubernetes.io/auth-tls-verify-depth: {{ $client.depth | quote }}
nginx.ingress.kubernetes.io/auth-tls-pass-certificate-to-upstream: "true"
{{- end }}
{{- end }}

{{/* Annotations by which the ingress shows a service over TLS who it is: only then are its headers believed. Arguments: root, name (of the service's identity). */}}
{{- define "ers.ingress.toTls" -}}
nginx.ingress.kubernetes.io/backend-protocol: HTTPS
nginx.ingress.kubernetes.io/proxy-ssl-secret: {{ .root.Release.Namespace }}/{{ .root.Release.Name }}-ingress-client-tls
nginx.ingress.kubernetes.io/proxy-ssl-verify: "on"
nginx.ingress.kubernetes.io/proxy-ssl-protocols: TLSv1.3
nginx.ingress.kubernetes.io/proxy-ssl-name: {{ .name }}.ers.internal
nginx.ingress.kubernetes.io/proxy-ssl-server-name: "on"
{{- end }}

{{/* The HTTPS hosts, each once, as a YAML list. Argument: the root context. */}}
{{- define "ers.ingress.tlsHosts" -}}
{{ list .Values.ingress.ers.host .Values.ingress.cara.host | uniq | toYaml }}
{{- end }}
