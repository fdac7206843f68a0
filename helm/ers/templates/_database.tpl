{{/* The database of a component: its key under `ers.db`. One that is not given has its tables in another. Arguments: root, component. */}}
{{- define "ers.database" -}}
{{- $key := (index (include "ers.table" .root | fromYaml) .component).database }}
{{- if and (eq $key "signerdb") (not .root.Values.ers.db.signerdb.name) }}caradb
{{- else if and (has $key (list "scepdb" "cmpdb")) (not (index .root.Values.ers.db $key).name) }}acmedb
{{- else }}{{ $key }}{{ end }}
{{- end }}

{{- define "ers.database.type" -}}
{{ ternary "postgres" .Values.ers.db.type .Values.dev.postgres.enabled }}
{{- end }}

{{/* `host:port` of the server. Argument: the root context. */}}
{{- define "ers.database.host" -}}
{{- $usual := ternary "3306" "5432" (eq (include "ers.database.type" .) "mariadb") }}
{{- $given := ternary (printf "%s-postgres:5432" .Release.Name) .Values.ers.db.hosts .Values.dev.postgres.enabled }}
{{- ternary $given (printf "%s:%s" $given $usual) (regexMatch ":[0-9]+$" $given) }}
{{- end }}

{{- define "ers.database.port" -}}
{{ include "ers.database.host" . | splitList ":" | last }}
{{- end }}

{{- define "ers.database.caFile" -}}
/etc/ers/database/ca.crt
{{- end }}

{{/* What stands behind the URL. Argument: the root context. */}}
{{- define "ers.database.parameters" -}}
{{- $mode := .Values.ers.db.tls.mode }}
{{- if eq (include "ers.database.type" .) "mariadb" }}
{{- if eq $mode "required" }}?ssl-mode=REQUIRED{{ else if eq $mode "verified" }}?ssl-mode=VERIFY_IDENTITY&ssl-ca={{ include "ers.database.caFile" . }}{{ end }}
{{- else }}
{{- if eq $mode "required" }}?sslmode=require{{ else if eq $mode "verified" }}?sslmode=verify-full&sslrootcert={{ include "ers.database.caFile" . }}{{ end }}
{{- end }}
{{- end }}

{{- define "ers.database.encoded" -}}
{{ . | toString | urlquery | replace "+" "%20" }}
{{- end }}

{{/* A database URL. Arguments: root, database (its key), password (as it is to stand there). */}}
{{- define "ers.database.url" -}}
{{- $database := index .root.Values.ers.db .database }}
{{- $scheme := ternary "mysql" "postgres" (eq (include "ers.database.type" .root) "mariadb") }}
{{- printf "%s://%s:%s@%s/%s%s" $scheme (include "ers.database.encoded" $database.username) .password (include "ers.database.host" .root) $database.name (include "ers.database.parameters" .root) }}
{{- end }}

{{/* Databases in use, as a YAML list of keys under `ers.db`. Argument: the root context. */}}
{{- define "ers.databases" -}}
{{- $root := . }}
{{- $used := list }}
{{- range $component := include "ers.components" . | fromYamlArray }}
{{- if (index (include "ers.table" $root | fromYaml) $component).database }}
{{- $used = append $used (include "ers.database" (dict "root" $root "component" $component)) }}
{{- end }}
{{- end }}
{{- $used | uniq | sortAlpha | toYaml }}
{{- end }}

{{/*
Environment with the URL of a database, as a YAML list. Arguments: root, database (its key), suffix (of the variables),
secret (where the URL is, unless an operator's Secret has it).
*/}}
{{- define "ers.database.environment" -}}
{{- $database := index .root.Values.ers.db .database }}
{{- if and $database.existingSecret (not $database.urlKey) }}
- name: ERS_DATABASE_PASSWORD{{ .suffix }}
  valueFrom:
    secretKeyRef: { name: {{ $database.existingSecret }}, key: password }
- name: ERS_DATABASE_URL{{ .suffix }}
  value: {{ include "ers.database.url" (dict "root" .root "database" .database "password" (printf "$(ERS_DATABASE_PASSWORD%s)" .suffix)) | quote }}
{{- else }}
- name: ERS_DATABASE_URL{{ .suffix }}
  valueFrom:
    secretKeyRef:
      name: {{ default .secret $database.existingSecret }}
      key: {{ ternary $database.urlKey (printf "%s-url" .database) (ne (default "" $database.existingSecret) "") }}
{{- end }}
{{- end }}

{{/* URLs of the databases in use that stand in the values, by the key of a Secret. Argument: the root context. */}}
{{- define "ers.database.urls" -}}
{{- $root := . }}
{{- range $key := include "ers.databases" . | fromYamlArray }}
{{- $database := index $root.Values.ers.db $key }}
{{- if not $database.existingSecret }}
{{ $key }}-url: {{ include "ers.database.url" (dict "root" $root "database" $key "password" (include "ers.database.encoded" $database.password)) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Environment that brings a service its secrets, as a YAML list; may be empty. Arguments: root, component. */}}
{{- define "ers.environment" -}}
{{- $root := .root }}
{{- if (index (include "ers.table" .root | fromYaml) .component).database }}
{{- include "ers.database.environment" (dict "root" $root "database" (include "ers.database" .) "suffix" "" "secret" (printf "%s-database" $root.Release.Name)) }}
{{- end }}
{{- if and (has .component (list "acme-server" "clm-server")) (include "ers.redis" .root) }}
- name: ERS_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ default (printf "%s-redis" .root.Release.Name) .root.Values.ers.redis.existingSecret }}
      key: url
{{- end }}
{{- if and (eq .component "clm-server") (include "ers.oidc" .root) }}
{{- with include "ers.oidc.secret" .root }}
- name: ERS_OIDC_SECRET
  valueFrom:
    secretKeyRef:
      {{- . | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ers.redis" -}}
{{- if or .Values.ers.redis.url .Values.ers.redis.existingSecret }}yes{{ end }}
{{- end }}

{{/* Port of Redis; one in a Secret of the operator's is taken to be the usual one. Argument: the root context. */}}
{{- define "ers.redis.port" -}}
{{ regexFind ":[0-9]+(/|$)" .Values.ers.redis.url | trimAll ":/" | default "6379" }}
{{- end }}
