{{/* A CA as `ers init` takes it. Arguments: root, name, ca. */}}
{{- define "ers.init.ca" -}}
{{- $common := .root.Values.ers.defaultPki.common }}
{{- $subject := list (printf "CN=%s" (include "ers.init.escaped" .ca.commonName)) }}
{{- range list (list "OU" $common.organizationalUnit) (list "O" $common.organization) (list "C" $common.country) }}
{{- if last . }}{{ $subject = append $subject (printf "%s=%s" (first .) (include "ers.init.escaped" (last .))) }}{{ end }}
{{- end }}
name: {{ .name }}
subject: {{ join "," $subject | quote }}
key_algorithm: {{ if hasPrefix "RSA" .ca.keyAlgorithm }}{{ printf "%s-%v" .ca.keyAlgorithm .ca.keyParameter }}{{ else if hasPrefix "Ed" .ca.keyAlgorithm }}{{ .ca.keyAlgorithm }}{{ else }}{{ .ca.keyParameter }}{{ end }}
{{- with .ca.signatureAlgorithm }}
signature_algorithm: {{ . }}
{{- end }}
validity: {{ .ca.validityInYears }}y
{{- end }}

{{/* A value of a distinguished name, RFC 4514 section 2.4. */}}
{{- define "ers.init.escaped" -}}
{{ regexReplaceAll "([,+\"\\\\<>;=])" (toString .) "\\${1}" }}
{{- end }}

{{/* What `ers identity secrets` and `ers init` read. Argument: the root context. */}}
{{- define "ers.init.config" -}}
{{- $name := .Release.Name }}
{{- $user := .Values.ers.defaultPki.managementAdminUser }}
{{- $own := or .Values.ingress.tls.existingSecret .Values.ingress.tls.certManager.issuerName }}
wait: {{ max 1 (div (.Values.init.deadlineSeconds | int) 60) }}m
# once for each root: afterwards the password is theirs
administrator:
  username: administrator
  password: file:/etc/ers/passwords/clm-password
pki:
  {{- range $place, $about := dict "root" (list "default-root" .Values.ers.defaultPki.rootCa) "sub" (list "default-sub" .Values.ers.defaultPki.subCa) "management" (list "management-root" .Values.ers.defaultPki.managementRootCa) }}
  {{ $place }}:
    {{- include "ers.init.ca" (dict "root" $ "name" (first $about) "ca" (last $about)) | trim | nindent 4 }}
  {{- end }}
{{- $roles := include "ers.oidc.roles" . | fromYamlArray }}
{{- if $roles }}
# once for each root, too
roles:
  {{- range $roles }}
  - { role: {{ .role | quote }}, group: {{ .group | quote }} }
  {{- end }}
{{- end }}
{{- if .Values.keycloak.enabled }}
keycloak:
  url: http://{{ include "ers.address" (dict "root" . "component" "keycloak" "port" 8080) }}/auth
  realm_file: /etc/ers/keycloak/ers-realm.json
  username: file:/etc/ers/keycloak-admin/username
  password: file:/etc/ers/keycloak-admin/password
{{- end }}
cluster:
  state_secret: {{ $name }}-init
  labels:
    app.kubernetes.io/name: ers
    app.kubernetes.io/instance: {{ $name }}
    app.kubernetes.io/managed-by: ers-init
  {{- if eq .Values.ers.identities.source "job" }}
  identities:
    validity: {{ .Values.ers.identities.validity }}
    secrets:
      {{- range $component, $identity := include "ers.identities" . | fromYaml }}
      {{ $name }}-{{ $component }}-tls: {{ $identity }}
      {{- end }}
  {{- end }}
  pki:
    default_cas_secret: {{ $name }}-default-cas
    trusted_cas_secret: {{ $name }}-trust-cas
    management_root_secret: {{ $name }}-keycloak
    management_user:
      secret: {{ $name }}-management-user
      name: {{ regexReplaceAll "[^a-z0-9]+" ($user.email | splitList "@" | first | lower) "-" | trimAll "-" | trunc 64 }}
      subject: {{ printf "CN=%s" (include "ers.init.escaped" (printf "%s %s" $user.firstName $user.lastName)) | quote }}
      email: {{ $user.email | quote }}
      password: file:/etc/ers/passwords/p12-password
    {{- if and .Values.ingress.enabled (not $own) }}
    ingress:
      secret: {{ include "ers.ingress.tls" . }}
      names:
        {{- range list .Values.ingress.ers.host .Values.ingress.cara.host | uniq }}
        - dns:{{ . }}
        {{- end }}
    {{- end }}
{{- end }}

{{/* A container of an init job. Arguments: root, name, arguments, identity (whether it calls services). */}}
{{- define "ers.init.container" -}}
{{- $image := include "ers-lib.image" (dict "root" .root "image" .root.Values.init.image "repository" "cli") | fromYaml }}
- name: {{ .name }}
  image: {{ $image.reference }}
  imagePullPolicy: {{ $image.pullPolicy }}
  args: {{ toJson .arguments }}
  {{- if .identity }}
  env:
    - name: ERS_PLATFORM
      valueFrom:
        configMapKeyRef: { name: {{ .root.Release.Name }}-cara-clm-init, key: platform }
    {{- if .root.Values.keycloak.enabled }}
    - name: ERS_URL
      valueFrom:
        configMapKeyRef: { name: {{ .root.Release.Name }}-keycloak-init, key: ERS_URL }
    {{- include "ers.keycloak.realm.environment" .root | nindent 4 }}
    {{- end }}
  {{- end }}
  securityContext:
    {{- include "ers-lib.containerSecurity" .root | nindent 4 }}
  resources:
    {{- toYaml .root.Values.init.resources | nindent 4 }}
  volumeMounts:
    - { name: init, mountPath: /etc/ers/init, readOnly: true }
    {{- if .identity }}
    - { name: passwords, mountPath: /etc/ers/passwords, readOnly: true }
    - { name: identity, mountPath: /etc/ers/identity, readOnly: true }
    {{- if .root.Values.keycloak.enabled }}
    - { name: realm, mountPath: /etc/ers/keycloak, readOnly: true }
    - { name: keycloak-admin, mountPath: /etc/ers/keycloak-admin, readOnly: true }
    {{- end }}
    {{- end }}
    - { name: tmp, mountPath: /tmp }
{{- end }}

{{/*
The pod of an init job: its steps in order, each once the one before has succeeded. Arguments: root, steps (of identities,
platform), account, configMaps (what is read).
*/}}
{{- define "ers.init.pod" -}}
{{- $root := .root }}
{{- $name := .root.Release.Name }}
{{- $init := .root.Values.init }}
{{- $platform := has "platform" .steps }}
{{- $containers := dict
  "identities" (dict "arguments" (list "identity" "secrets" "--config" "/etc/ers/init/init.yaml"))
  "platform" (dict "arguments" (list "init" "--config" "/etc/ers/init/init.yaml") "identity" true) }}
serviceAccountName: {{ .account }}
automountServiceAccountToken: true
enableServiceLinks: false
restartPolicy: OnFailure
securityContext:
  {{- include "ers-lib.podSecurity" .root | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if gt (len .steps) 1 }}
initContainers:
  {{- range initial .steps }}
  {{- include "ers.init.container" (merge (dict "root" $root "name" .) (index $containers .)) | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  {{- include "ers.init.container" (merge (dict "root" $root "name" (last .steps)) (index $containers (last .steps))) | nindent 2 }}
volumes:
  - name: init
    projected:
      sources:
        {{- range .configMaps }}
        - configMap: { name: {{ . }} }
        {{- end }}
  {{- if $platform }}
  - name: passwords
    secret:
      secretName: {{ default (printf "%s-management-passwords" $name) $root.Values.ers.defaultPki.managementAdminUser.existingSecret }}
      defaultMode: 0440
  - name: identity
    secret:
      secretName: {{ $name }}-administrator-tls
      defaultMode: 0440
  {{- if $root.Values.keycloak.enabled }}
  - name: realm
    configMap:
      name: {{ $name }}-keycloak-realm-json
  - name: keycloak-admin
    secret:
      secretName: {{ default (printf "%s-keycloak-admin" $name) $root.Values.ers.keycloakAdminUser.existingSecret }}
      defaultMode: 0440
  {{- end }}
  {{- end }}
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 16Mi }
{{- with $init.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $init.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What an init job may do: its own Secrets, by name. Argument: the root context. */}}
{{- define "ers.init.rules" -}}
{{- $name := .Release.Name }}
- apiGroups: [""]
  resources: [secrets]
  resourceNames:
    {{- range list "init" "management-user" "default-cas" "trust-cas" "keycloak" }}
    - {{ $name }}-{{ . }}
    {{- end }}
    - {{ include "ers.ingress.tls" . }}
    {{- range $component, $identity := include "ers.identities" . | fromYaml }}
    - {{ $name }}-{{ $component }}-tls
    {{- end }}
  # server-side apply makes what is not there: by name, which RBAC can hold it to
  verbs: [get, patch, create]
{{- end }}
