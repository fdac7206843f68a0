{{/* What the schema cannot say: values that do not go together. Argument: the root context. */}}
{{- define "ers.check" -}}
{{- $db := .Values.ers.db }}
{{- if and (include "ers.has" (dict "root" . "component" "acme-server")) (or .Values.acme.autoscaling.enabled (gt (.Values.acme.replicas | int) 1)) (not (include "ers.redis" .)) }}
{{- fail "acme.replicas: several pods of the ACME server need ers.redis.url or ers.redis.existingSecret, where they share nonces" }}
{{- end }}
{{- if and (eq $db.tls.mode "verified") (not $db.tls.caSecret) }}
{{- fail "ers.db.tls.caSecret: is needed with ers.db.tls.mode verified" }}
{{- end }}
{{- if and (include "ers.hsm" .) (not .Values.ers.hsm.deviceUri) }}
{{- fail (printf "ers.hsm.deviceUri: is needed with ers.hsm.type %s" .Values.ers.hsm.type) }}
{{- end }}
{{- if and (include "ers.hsm.pin" .) (not .Values.ers.hsm.pin) (not .Values.ers.hsm.existingSecret) }}
{{- fail "ers.hsm.pin: the PIN or ers.hsm.existingSecret is needed with an HSM, unless ers.hsm.pkcs11.login is none or keypad" }}
{{- end }}
{{- if and (include "ers.hsm" .) .Values.ers.hsm.pin (not (include "ers.hsm.pin" .)) }}
{{- fail (printf "ers.hsm.pin: nobody logs in with it while ers.hsm.pkcs11.login is %s" .Values.ers.hsm.pkcs11.login) }}
{{- end }}
{{- range $key := include "ers.databases" . | fromYamlArray }}
{{- $database := index $db $key }}
{{- if not (or $database.password $database.existingSecret) }}
{{- fail (printf "ers.db.%s.password: the password or ers.db.%s.existingSecret is needed" $key $key) }}
{{- end }}
{{- end }}
{{- if and .Values.keycloak.enabled .Values.ers.oidc.issuer }}
{{- fail "ers.oidc.issuer: is for an OpenID provider of your own; set keycloak.enabled to false" }}
{{- end }}
{{- if and .Values.ers.oidc.caSecret (not .Values.ers.oidc.issuer) }}
{{- fail "ers.oidc.caSecret: is for an OpenID provider of your own, ers.oidc.issuer" }}
{{- end }}
{{- if and .Values.ingress.tls.existingSecret .Values.ingress.tls.certManager.issuerName }}
{{- fail "ingress.tls: give existingSecret or certManager.issuerName, not both" }}
{{- end }}
{{- if gt (.Values.ers.crl.intervalHours | int) (.Values.ers.crl.validityHours | int) }}
{{- fail "ers.crl.intervalHours: must be at most ers.crl.validityHours" }}
{{- end }}
{{- end }}
