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

{{/* Environment that brings a service its secrets, as a YAML list; may be empty. Arguments: root, component. */}}
{{- define "ers.environment" -}}
{{- $root := .root }}
{{- if (index (include "ers.table" .root | fromYaml) .component).database }}
{{- $key := include "ers.database" . }}
{{- $database := index $root.Values.ers.db $key }}
{{- if and $database.existingSecret (not $database.urlKey) }}
- name: ERS_DATABASE_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ $database.existingSecret }}, key: password }
- name: ERS_DATABASE_URL
  value: {{ include "ers.database.url" (dict "root" $root "database" $key "password" "$(ERS_DATABASE_PASSWORD)") | quote }}
{{- else }}
- name: ERS_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ default (printf "%s-database" $root.Release.Name) $database.existingSecret }}
      key: {{ ternary $database.urlKey (printf "%s-url" $key) (ne (default "" $database.existingSecret) "") }}
{{- end }}
{{- end }}
{{- if and (eq .component "acme-server") (include "ers.redis" .root) }}
- name: ERS_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ default (printf "%s-redis" .root.Release.Name) .root.Values.ers.redis.existingSecret }}
      key: url
{{- end }}
{{- end }}

{{- define "ers.redis" -}}
{{- if or .Values.ers.redis.url .Values.ers.redis.existingSecret }}yes{{ end }}
{{- end }}
