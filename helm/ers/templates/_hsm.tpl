{{/* Whether keys live in an HSM: text that is empty when not. Argument: the root context. */}}
{{- define "ers.hsm" -}}
{{- if ne .Values.ers.hsm.type "Software" }}yes{{ end }}
{{- end }}

{{/* Whether somebody logs in to the token with a PIN from here: text that is empty when not. Argument: the root context. */}}
{{- define "ers.hsm.pin" -}}
{{- if and (include "ers.hsm" .) (not (has .Values.ers.hsm.pkcs11.login (list "none" "keypad"))) }}yes{{ end }}
{{- end }}

{{/* The Secret with `master-password` and `pin`. Argument: the root context. */}}
{{- define "ers.hsm.secret" -}}
{{ default (printf "%s-signer-secrets" .Release.Name) .Values.ers.hsm.existingSecret }}
{{- end }}

{{/* Path of the vendor's library in the signer's container. Argument: the root context. */}}
{{- define "ers.hsm.library" -}}
{{- $hsm := .Values.ers.hsm }}
{{- $mounts := (include "ers.values" (dict "root" . "component" "signer") | fromYaml).extraVolumeMounts }}
{{- $folder := "/usr/lib" }}
{{- with $mounts }}{{ $folder = (first .).mountPath }}{{ end }}
{{- range $mounts }}{{ if eq .name "lib" }}{{ $folder = .mountPath }}{{ end }}{{ end }}
{{- $folder = default $folder $hsm.libraryDir }}
{{- ternary $hsm.deviceUri (printf "%s/%s" (trimSuffix "/" $folder) $hsm.deviceUri) (hasPrefix "/" $hsm.deviceUri) }}
{{- end }}

{{/*
Which token, as the signer's `slot`. Vendors call it by its label, by a number, or as Utimaco describes slots:
`3001@192.0.2.100 - SLOT_0002`. Argument: the root context.
*/}}
{{- define "ers.hsm.slot" -}}
{{- $domain := .Values.ers.hsm.deviceDomain | toString }}
{{- if regexMatch "SLOT_[0-9]+$" $domain }}
number: {{ regexFind "[1-9][0-9]*$" $domain | default "0" }}
{{- else if regexMatch "^[0-9]+$" $domain }}
number: {{ $domain }}
{{- else if $domain }}
label: {{ $domain | quote }}
{{- else }}
{}
{{- end }}
{{- end }}

{{/* The signer's `tokens`. Software keys stay usable when an HSM comes later. Argument: the root context. */}}
{{- define "ers.hsm.tokens" -}}
{{- if include "ers.hsm" . }}
- name: hsm
  pkcs11:
    {{- $usual := dict "library" (include "ers.hsm.library" .) "slot" (include "ers.hsm.slot" . | fromYaml) }}
    {{- if include "ers.hsm.pin" . }}{{ $_ := set $usual "pin" "file:/etc/ers/secrets/pin" }}{{ end }}
    {{- mergeOverwrite $usual (deepCopy .Values.ers.hsm.pkcs11) | toYaml | nindent 4 }}
{{- end }}
- name: software
  software: {}
{{- end }}
