{{/* Settings of Keycloak that are no secrets, as environment. Argument: the root context. */}}
{{- define "ers.keycloak.settings" -}}
{{- $mariadb := eq (include "ers.database.type" .) "mariadb" }}
KC_DB: {{ ternary "mariadb" "postgres" $mariadb }}
KC_DB_URL: {{ printf "jdbc:%s://%s/%s" (ternary "mariadb" "postgresql" $mariadb) (include "ers.database.host" .) .Values.ers.db.keycloakdb.name | quote }}
KC_DB_USERNAME: {{ .Values.ers.db.keycloakdb.username | quote }}
KC_HOSTNAME: {{ printf "%s/auth" (include "ers.url" .) | quote }}
# CLM asks it by its name in the cluster
KC_HOSTNAME_BACKCHANNEL_DYNAMIC: "true"
KC_HTTP_RELATIVE_PATH: /auth
KC_HTTP_ENABLED: "true"
KC_PROXY_HEADERS: xforwarded
KC_HEALTH_ENABLED: "true"
KC_METRICS_ENABLED: "true"
KC_LOG_CONSOLE_OUTPUT: {{ ternary "json" "default" (eq .Values.telemetry.logFormat "json") }}
{{- if not (or .Values.keycloak.autoscaling.enabled (gt (.Values.keycloak.replicas | int) 1)) }}
KC_CACHE: local
{{- end }}
{{- end }}

{{/* Secrets of Keycloak and of the clients in its realm, as environment. Argument: the root context. */}}
{{- define "ers.keycloak.environment" -}}
{{- $admin := default (printf "%s-keycloak-admin" .Release.Name) .Values.ers.keycloakAdminUser.existingSecret }}
{{- $database := .Values.ers.db.keycloakdb }}
- name: KC_BOOTSTRAP_ADMIN_USERNAME
  valueFrom:
    secretKeyRef: { name: {{ $admin }}, key: username }
- name: KC_BOOTSTRAP_ADMIN_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ $admin }}, key: password }
- name: KC_DB_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ default (printf "%s-database" .Release.Name) $database.existingSecret }}
      key: {{ ternary "password" "keycloakdb-password" (ne $database.existingSecret "") }}
{{- include "ers.keycloak.realm.environment" . }}
{{- end }}

{{/* The secrets that the realm's file has variables for, as environment. Argument: the root context. */}}
{{- define "ers.keycloak.realm.environment" }}
- name: ERS_MANAGEMENT_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ default (printf "%s-management-passwords" .Release.Name) .Values.ers.defaultPki.managementAdminUser.existingSecret }}
      key: password
{{- range $component := include "ers.keycloak.clients" . | fromYamlArray }}
- name: {{ include "ers.keycloak.variable" $component }}
  valueFrom:
    {{- if eq $component "clm-ui" }}
    secretKeyRef:
      {{- include "ers.oidc.secret" $ | nindent 6 }}
    {{- else }}
    secretKeyRef: { name: {{ $.Release.Name }}-ers-clients, key: {{ $component }}-client-secret }
    {{- end }}
{{- end }}
{{- end }}

{{- define "ers.keycloak.variable" -}}
ERS_CLIENT_{{ . | upper | replace "-" "_" }}
{{- end }}

{{/* Components with a client in the realm, as a YAML list. Argument: the root context. */}}
{{- define "ers.keycloak.clients" -}}
{{- range $component := include "ers.components" . | fromYamlArray }}
{{- if has $component (list "clm-ui" "clm-server" "acme-server" "est-server" "cmp-server" "scep-server" "aec-server" "operator") }}
- {{ $component }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The realm. Keycloak puts the environment in place of ${...} when it imports it, which it does once: afterwards the realm is
its administrators', and the init job makes what it lacks. Argument: the root context.
*/}}
{{- define "ers.keycloak.realm" -}}
{{- $user := .Values.ers.defaultPki.managementAdminUser }}
{{- $url := "${ERS_URL}" }}
{{- $mappers := list
  (dict "name" "roles" "protocol" "openid-connect" "protocolMapper" "oidc-usermodel-realm-role-mapper"
    "config" (dict "claim.name" "roles" "jsonType.label" "String" "multivalued" "true" "id.token.claim" "true" "access.token.claim" "true" "userinfo.token.claim" "true"))
  (dict "name" "groups" "protocol" "openid-connect" "protocolMapper" "oidc-group-membership-mapper"
    "config" (dict "claim.name" "groups" "full.path" "false" "id.token.claim" "true" "access.token.claim" "true" "userinfo.token.claim" "true")) }}
{{/* what CLM's REST interface asks of an access token */}}
{{- if include "ers.has" (dict "root" . "component" "clm-server") }}
{{- $mappers = append $mappers (dict "name" "clm-server" "protocol" "openid-connect" "protocolMapper" "oidc-audience-mapper"
  "config" (dict "included.client.audience" "clm-server" "access.token.claim" "true" "id.token.claim" "false")) }}
{{- end }}
{{- $clients := list }}
{{- range $component := include "ers.keycloak.clients" . | fromYamlArray }}
{{- $client := dict "clientId" $component "enabled" true "protocol" "openid-connect" "publicClient" false
  "secret" (printf "${%s}" (include "ers.keycloak.variable" $component)) "protocolMappers" $mappers "directAccessGrantsEnabled" false }}
{{- if eq $component "clm-ui" }}
{{- $client = merge (dict "clientId" $.Values.ers.oidc.clientId "standardFlowEnabled" true "serviceAccountsEnabled" false
  "rootUrl" $url "baseUrl" "/clm-ui/" "redirectUris" (list (printf "%s/clm-ui/*" $url) (printf "%s/clm-api/*" $url)) "webOrigins" (list $url)
  "attributes" (dict "pkce.code.challenge.method" "S256" "post.logout.redirect.uris" (printf "%s/clm-ui/*" $url))) $client }}
{{- else }}
{{- $client = merge (dict "standardFlowEnabled" false "serviceAccountsEnabled" true) $client }}
{{- end }}
{{- $clients = append $clients $client }}
{{- end }}
{{/* for people's command lines: no secret, PKCE, and a code by a browser on the same machine or on another device */}}
{{- $clients = append $clients (dict "clientId" "ers-cli" "name" "Command line" "enabled" true "protocol" "openid-connect" "publicClient" true
  "standardFlowEnabled" true "serviceAccountsEnabled" false "directAccessGrantsEnabled" false "redirectUris" (list "http://127.0.0.1/*" "http://[::1]/*")
  "attributes" (dict "pkce.code.challenge.method" "S256" "oauth2.device.authorization.grant.enabled" "true") "protocolMappers" $mappers) }}
{{- $roles := list }}
{{- $groups := list }}
{{- range $group, $about := include "ers.oidc.groups" . | fromYaml }}
{{- $roles = append $roles (dict "name" $about.role "description" $about.description) }}
{{- $groups = append $groups (dict "name" $group "realmRoles" (list $about.role)) }}
{{- end }}
{{- dict
  "realm" "ers" "enabled" true "displayName" "ERS" "sslRequired" "external" "registrationAllowed" false
  "bruteForceProtected" true "internationalizationEnabled" true "supportedLocales" (list "en" "de") "defaultLocale" "en"
  "ssoSessionIdleTimeout" 3600 "ssoSessionMaxLifespan" 43200 "accessTokenLifespan" 300
  "roles" (dict "realm" $roles)
  "groups" $groups
  "clients" $clients
  "users" (list (dict
    "username" ($user.email | splitList "@" | first) "enabled" true "email" $user.email "emailVerified" true
    "firstName" $user.firstName "lastName" $user.lastName "groups" (list "/pki-administrators")
    "credentials" (list (dict "type" "password" "value" "${ERS_MANAGEMENT_PASSWORD}" "temporary" false))))
  | toPrettyJson }}
{{- end }}
