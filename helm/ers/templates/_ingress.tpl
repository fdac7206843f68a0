{{/* URL that people and clients call the platform by. Argument: the root context. */}}
{{- define "ers.url" -}}
{{- $port := .Values.ingress.ports.https | int }}
{{- printf "https://%s%s" .Values.ingress.ers.host (ternary "" (printf ":%d" $port) (eq $port 443)) }}
{{- end }}

{{/* URL of a host over plain HTTP. Arguments: root, host. */}}
{{- define "ers.url.plain" -}}
{{- $port := .root.Values.ingress.ports.http | int }}
{{- printf "http://%s%s" .host (ternary "" (printf ":%d" $port) (eq $port 80)) }}
{{- end }}

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
  (list $ingress.ers.host "/clm-api" "clm-server" "https")
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
        pathType: {{ default "Prefix" .type }}
        backend:
          service:
            name: {{ $root.Release.Name }}-{{ .component }}
            port: { name: {{ .port }} }
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Whether CARA's administrators have a host of their own: text that is empty when not. Argument: the root context. */}}
{{- define "ers.ingress.caraAlone" -}}
{{- if ne .Values.ingress.cara.host .Values.ingress.ers.host }}yes{{ end }}
{{- end }}

{{/*
Annotations by which the ingress asks for client certificates. They count for a whole host, and the first Ingress of a host
that has them decides: where CARA has a host of its own, which insists on them, no Ingress with both hosts may have any.
Arguments: root, verify (instead of what the values say).
*/}}
{{- define "ers.ingress.clientCertificates" -}}
{{- $client := .root.Values.ingress.clientCertificates }}
{{- if ne $client.verify "off" }}
nginx.ingress.kubernetes.io/auth-tls-secret: {{ .root.Release.Namespace }}/{{ default (printf "%s-trust-cas" .root.Release.Name) $client.existingSecret }}
nginx.ingress.kubernetes.io/auth-tls-verify-client: {{ default $client.verify .verify | quote }}
nginx.ingress.kubernetes.io/auth-tls-verify-depth: {{ $client.depth | quote }}
nginx.ingress.kubernetes.io/auth-tls-pass-certificate-to-upstream: "true"
{{- end }}
{{- end }}

{{/*
Paths of SCEP and CMP, as a YAML list: their clients speak plain HTTP, and follow no redirect. Exactly the paths without a
policy, which `REL-ers` has as prefixes, and all below those with one. Argument: the root context.
*/}}
{{- define "ers.ingress.open" -}}
{{- $host := .Values.ingress.ers.host }}
{{- $clients := .Values.ers.clmClients }}
{{- if and (include "ers.has" (dict "root" . "component" "scep-server")) $clients.scepServer.plainHttp }}
- { host: {{ $host }}, path: /scep, type: Exact, component: scep-server, port: http }
{{- range concat (list "pkiclient.exe" "cgi-bin") $clients.scepServer.policies | uniq }}
- { host: {{ $host }}, path: /scep/{{ . }}, component: scep-server, port: http }
{{- end }}
{{- end }}
{{- if and (include "ers.has" (dict "root" . "component" "cmp-server")) $clients.cmpServer.plainHttp }}
{{- range list "/cmp" "/.well-known/cmp" }}
- { host: {{ $host }}, path: {{ . }}, type: Exact, component: cmp-server, port: http }
{{- end }}
# policies, and the operations of RFC 9483 section 6.1
{{- range list "p" "initialization" "certification" "keyupdate" "pkcs10" "revocation" "getcacerts" "getrootupdate" "getcertreqtemplate" "getcrls" "nested" }}
- { host: {{ $host }}, path: /.well-known/cmp/{{ . }}, component: cmp-server, port: http }
{{- end }}
{{- range $clients.cmpServer.policies | uniq }}
- { host: {{ $host }}, path: /cmp/{{ . }}, component: cmp-server, port: http }
{{- end }}
{{- end }}
{{- end }}

{{/*
Annotations by which the ingress shows a service over TLS who it is: only then are its headers believed. Where it asks for no
client certificates it does not take such headers away from clients either, so it must not vouch for them.
Arguments: root, name (of the service's identity).
*/}}
{{- define "ers.ingress.toTls" -}}
nginx.ingress.kubernetes.io/backend-protocol: HTTPS
{{- if ne .root.Values.ingress.clientCertificates.verify "off" }}
nginx.ingress.kubernetes.io/proxy-ssl-secret: {{ .root.Release.Namespace }}/{{ .root.Release.Name }}-ingress-client-tls
nginx.ingress.kubernetes.io/proxy-ssl-verify: "on"
nginx.ingress.kubernetes.io/proxy-ssl-protocols: TLSv1.3
nginx.ingress.kubernetes.io/proxy-ssl-name: {{ .name }}.ers.internal
nginx.ingress.kubernetes.io/proxy-ssl-server-name: "on"
{{- end }}
{{- end }}

{{/* The HTTPS hosts, each once, as a YAML list. Argument: the root context. */}}
{{- define "ers.ingress.tlsHosts" -}}
{{ list .Values.ingress.ers.host .Values.ingress.cara.host | uniq | toYaml }}
{{- end }}
