{{/* The settings that init.sh reads. Argument: the root context. */}}
{{- define "ers.init.settings" -}}
{{- $user := .Values.ers.defaultPki.managementAdminUser }}
{{- $own := not (or .Values.ingress.tls.existingSecret .Values.ingress.tls.certManager.issuerName) }}
release={{ .Release.Name }}
namespace={{ .Release.Namespace }}
deadline-seconds={{ .Values.init.deadlineSeconds | int }}
identity-validity={{ .Values.ers.identities.validity }}
administrator={{ regexReplaceAll "[^A-Za-z0-9._-]" ($user.email | splitList "@" | first) "-" }}
ingress-secret={{ ternary (include "ers.ingress.tls" .) "" (and .Values.ingress.enabled $own) }}
ingress-hosts={{ list .Values.ingress.ers.host .Values.ingress.cara.host | uniq | join " " }}
keycloak-url={{ ternary (printf "http://%s-keycloak:8080/auth" .Release.Name) "" .Values.keycloak.enabled }}
{{- end }}

{{/* Lines `component identity`. Argument: the root context. */}}
{{- define "ers.init.identities" -}}
{{- range $component, $identity := include "ers.identities" . | fromYaml }}
{{ $component }} {{ $identity }}
{{- end }}
{{- end }}

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

{{/* The pod of an init job. Arguments: root, parts (a list), scripts (name of the ConfigMap with init.sh), account, platform (whether it calls services). */}}
{{- define "ers.init.pod" -}}
{{- $root := .root }}
{{- $init := .root.Values.init }}
{{- $image := include "ers-lib.image" (dict "root" .root "image" $init.image "repository" "cli") | fromYaml }}
{{- $user := .root.Values.ers.defaultPki.managementAdminUser }}
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
containers:
  - name: init
    image: {{ $image.reference }}
    imagePullPolicy: {{ $image.pullPolicy }}
    command: ["sh", "/etc/ers/init/init.sh"]
    args: {{ toJson .parts }}
    env:
      - { name: HOME, value: /tmp }
    securityContext:
      {{- include "ers-lib.containerSecurity" .root | nindent 6 }}
    resources:
      {{- toYaml $init.resources | nindent 6 }}
    volumeMounts:
      - { name: init, mountPath: /etc/ers/init, readOnly: true }
      {{- if .platform }}
      - { name: passwords, mountPath: /etc/ers/init/passwords, readOnly: true }
      - { name: identity, mountPath: /etc/ers/identity, readOnly: true }
      {{- end }}
      - { name: tmp, mountPath: /tmp }
volumes:
  - name: init
    projected:
      sources:
        {{- range .configMaps }}
        - configMap: { name: {{ . }} }
        {{- end }}
  {{- if .platform }}
  - name: passwords
    secret:
      secretName: {{ default (printf "%s-management-passwords" $root.Release.Name) $user.existingSecret }}
      defaultMode: 0440
  - name: identity
    secret:
      secretName: {{ $root.Release.Name }}-administrator-tls
      defaultMode: 0440
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
    {{- range list "identity-authority" "management-user" "management-state" "default-cas" "trust-cas" "keycloak" }}
    - {{ $name }}-{{ . }}
    {{- end }}
    - {{ include "ers.ingress.tls" . }}
    {{- range $component, $identity := include "ers.identities" . | fromYaml }}
    - {{ $name }}-{{ $component }}-tls
    {{- end }}
  # server-side apply makes what is not there: by name, which RBAC can hold it to
  verbs: [get, patch, create]
{{- end }}
