{{/*
An image as YAML: `reference`, `tag`, `pullPolicy`. Arguments: root, image (a string, or a map of its parts), repository
(of ERS; the parts win over it).
*/}}
{{- define "ers-lib.image" -}}
{{- $usual := .root.Values.image }}
{{- if kindIs "string" .image }}
{{- $tagged := regexFind ":[^:/@]+(@|$)" .image | trimPrefix ":" | trimSuffix "@" }}
reference: {{ .image | quote }}
tag: {{ default "latest" $tagged | quote }}
pullPolicy: {{ $usual.pullPolicy }}
{{- else }}
{{- $tag := .image.tag | default $usual.tag | default .root.Chart.AppVersion | toString }}
{{- $repository := .image.repository | default (printf "ers/%s" .repository) }}
{{- $registry := .image.registry | default $usual.registry }}
{{- $path := ternary (printf "%s/%s" $registry $repository) $repository (ne $registry "") }}
reference: {{ ternary (printf "%s:%s@%s" $path $tag (default "" .image.digest)) (printf "%s:%s" $path $tag) (ne (default "" .image.digest) "") | quote }}
tag: {{ $tag | quote }}
pullPolicy: {{ .image.pullPolicy | default $usual.pullPolicy }}
{{- end }}
{{- end }}
