//! What the realm's file says, and what of a client must agree with it.

use std::path::Path;

use serde_json::Value;

use crate::failure::{Attempt as _, Failure, Outcome};

/// Of a client: what is ours to say.
const SAID: [&str; 2] = ["secret", "rootUrl"];
/// Of a client: lists that have ours among others.
const LISTED: [&str; 2] = ["redirectUris", "webOrigins"];
/// An attribute that is a list, and what stands between its entries.
const AFTER_LOGOUT: (&str, &str) = ("post.logout.redirect.uris", "##");

/// A realm as it is to be.
pub struct Wanted {
    /// All of it.
    pub realm: Value,
}

impl Wanted {
    /// Reads the file, with the environment in place of `${NAME}`.
    pub fn read(file: &Path) -> Outcome<Self> {
        let text = std::fs::read_to_string(file).attempt(format!("read {}", file.display()))?;
        let mut realm = serde_json::from_str(&text).attempt(format!("read {}", file.display()))?;
        fill(&mut realm, &|name| std::env::var(name).ok())?;
        Ok(Self { realm })
    }

    /// Its name.
    pub fn name(&self) -> Outcome<String> {
        name_of(&self.realm, "realm").map(str::to_owned)
    }

    /// Roles of the realm.
    pub fn roles(&self) -> impl Iterator<Item = &Value> {
        list(self.realm.get("roles").and_then(|roles| roles.get("realm")))
    }

    /// Groups, the upper ones.
    pub fn groups(&self) -> impl Iterator<Item = &Value> {
        list(self.realm.get("groups"))
    }

    /// Clients.
    pub fn clients(&self) -> impl Iterator<Item = &Value> {
        list(self.realm.get("clients"))
    }
}

/// The text that something is known by.
pub fn name_of<'a>(what: &'a Value, key: &str) -> Outcome<&'a str> {
    what.get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| Failure::new(format!("read realm of Keycloak: {key} is missing")))
}

/// Texts of a list.
pub fn texts<'a>(what: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    list(what.get(key)).filter_map(Value::as_str)
}

/// A client as it must be; nothing when it is so already.
pub fn due(there: &Value, wanted: &Value) -> Option<Value> {
    let mut changed = there.clone();
    for key in SAID {
        if let Some(said) = wanted.get(key) {
            changed
                .as_object_mut()?
                .insert(key.to_owned(), said.clone());
        }
    }
    for key in LISTED {
        let mut all: Vec<Value> = list(there.get(key)).cloned().collect();
        let more: Vec<Value> = list(wanted.get(key))
            .filter(|entry| !all.contains(entry))
            .cloned()
            .collect();
        if !more.is_empty() {
            all.extend(more);
            changed.as_object_mut()?.insert(key.to_owned(), all.into());
        }
    }
    let (key, between) = AFTER_LOGOUT;
    let entries = |of: &Value| -> Vec<String> {
        let text = of.get("attributes").and_then(|all| all.get(key)?.as_str());
        text.map_or(Vec::new(), |text| {
            text.split(between).map(str::to_owned).collect()
        })
    };
    let mut all = entries(there);
    let more: Vec<String> = entries(wanted)
        .into_iter()
        .filter(|entry| !all.contains(entry))
        .collect();
    if !more.is_empty() {
        all.extend(more);
        let attributes = changed
            .as_object_mut()?
            .entry("attributes")
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
        attributes
            .as_object_mut()?
            .insert(key.to_owned(), all.join(between).into());
    }
    (changed != *there).then_some(changed)
}

fn list(of: Option<&Value>) -> impl Iterator<Item = &Value> {
    of.and_then(Value::as_array).into_iter().flatten()
}

/// Puts values in place of `${NAME}` in all texts.
fn fill(what: &mut Value, value: &impl Fn(&str) -> Option<String>) -> Outcome<()> {
    match what {
        Value::String(text) => {
            if text.contains("${") {
                *text = filled(text, value)?;
            }
            Ok(())
        }
        Value::Array(all) => all.iter_mut().try_for_each(|one| fill(one, value)),
        Value::Object(all) => all.values_mut().try_for_each(|one| fill(one, value)),
        _ => Ok(()),
    }
}

fn filled(text: &str, value: &impl Fn(&str) -> Option<String>) -> Outcome<String> {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else {
            break;
        };
        made.push_str(before);
        made.push_str(&value(name).ok_or_else(|| {
            Failure::new(format!(
                "read realm of Keycloak: environment variable {name} is missing"
            ))
        })?);
        rest = after;
    }
    made.push_str(rest);
    Ok(made)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_put_in_and_a_missing_one_is_named() {
        let mut realm = json!({"a": ["x${ONE}y${ONE}", 7], "b": {"c": "${", "d": "plain"}});
        let one = |name: &str| (name == "ONE").then(|| "1${ONE}".to_owned());
        fill(&mut realm, &one).unwrap();
        let right = json!({"a": ["x1${ONE}y1${ONE}", 7], "b": {"c": "${", "d": "plain"}});
        assert_eq!(realm, right, "what is put in is not looked at again");
        let failed = fill(&mut json!("${TWO}"), &one).unwrap_err();
        assert!(format!("{failed:?}").contains("TWO"));
    }

    #[test]
    fn a_client_is_changed_only_where_it_must_agree() {
        let wanted = json!({"clientId": "ui", "secret": "new", "redirectUris": ["https://b/*"], "enabled": true,
            "attributes": {"post.logout.redirect.uris": "https://b/"}});
        let there = json!({"id": "1", "clientId": "ui", "secret": "old", "enabled": false, "redirectUris": ["https://a/*"],
            "attributes": {"post.logout.redirect.uris": "https://a/", "other": "1"}});
        let changed = due(&there, &wanted).unwrap();
        let right = json!({"id": "1", "clientId": "ui", "secret": "new", "enabled": false,
            "redirectUris": ["https://a/*", "https://b/*"],
            "attributes": {"post.logout.redirect.uris": "https://a/##https://b/", "other": "1"}});
        assert_eq!(changed, right, "what people changed stays");
        assert!(due(&changed, &wanted).is_none(), "nothing is written twice");
    }

    #[test]
    fn a_client_without_attributes_gets_ours() {
        let wanted = json!({"attributes": {"post.logout.redirect.uris": "https://b/"}});
        let changed = due(&json!({"id": "1"}), &wanted).unwrap();
        assert_eq!(changed["attributes"], wanted["attributes"]);
    }
}
