{{/* Where people log in: Keycloak of this release, or a provider of the operator's. */}}

{{/* Whether there is one: text that is empty when not. Argument: the root context. */}}
{{- define "ers.oidc" -}}
{{- if or .Values.keycloak.enabled .Values.ers.oidc.issuer }}yes{{ end }}
{{- end }}

{{/* CLM's `oidc`. Argument: the root context. */}}
{{- define "ers.oidc.config" -}}
{{- $oidc := .Values.ers.oidc }}
{{- if .Values.keycloak.enabled }}
issuer: {{ include "ers.url" . }}/auth/realms/ers
# not through the ingress: the public name need not be known in the cluster
internal_url: http://{{ include "ers.address" (dict "root" . "component" "keycloak" "port" 8080) }}/auth/realms/ers
# `ers login`: what it is called there needs no secret, and may ask for device codes
device_client_id: ers-cli
{{- else }}
issuer: {{ $oidc.issuer | quote }}
{{- if $oidc.caSecret }}
authorities: /etc/ers/oidc/ca.crt
{{- end }}
{{- end }}
client_id: {{ $oidc.clientId | quote }}
{{- if include "ers.oidc.secret" . }}
client_secret: "env:ERS_OIDC_SECRET"
{{- end }}
external_url: {{ include "ers.url" . }}
first: {{ $oidc.first }}
scopes: {{ toJson $oidc.scopes }}
username_claim: {{ $oidc.usernameClaim | quote }}
groups_claim: {{ $oidc.groupsClaim | quote }}
{{- end }}

{{/* Reference to the secret of CLM's client, as YAML; empty for a public client. Argument: the root context. */}}
{{- define "ers.oidc.secret" -}}
{{- if .Values.ers.oidc.existingSecret }}
name: {{ .Values.ers.oidc.existingSecret }}
key: client-secret
{{- else if .Values.keycloak.enabled }}
name: {{ .Release.Name }}-ers-clients
key: clm-ui-client-secret
{{- end }}
{{- end }}

{{/* Groups of the realm, each with its role of CLM, which is a role of the realm too: YAML. */}}
{{- define "ers.oidc.groups" -}}
pki-administrators: { role: administrator, description: Everything in CLM }
pki-approvers: { role: approver, description: Decides over requests }
pki-auditors: { role: auditor, description: Reads everything }
pki-operators: { role: operator, description: "Renews and revokes, looks after end entities and notifications" }
pki-requesters: { role: requester, description: Asks for certificates }
{{- end }}

{{/* Roles of CLM for groups, as `ers init` takes them: a YAML list. Argument: the root context. */}}
{{- define "ers.oidc.roles" -}}
{{- $roles := list }}
{{- if .Values.keycloak.enabled }}
{{- range $group, $about := include "ers.oidc.groups" . | fromYaml }}
{{- $roles = append $roles (dict "role" $about.role "group" $group) }}
{{- end }}
{{- end }}
{{- if include "ers.oidc" . }}{{ $roles = concat $roles .Values.ers.oidc.roles }}{{ end }}
{{- toYaml $roles }}
{{- end }}
