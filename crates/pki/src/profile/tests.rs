use super::*;

fn fault_of(change: impl FnOnce(&mut Profile)) -> &'static str {
    let mut profile = Profile::find_ready("tls-server").unwrap().clone();
    change(&mut profile);
    let ProfileError::Field { field, .. } = profile.check().unwrap_err();
    field
}

#[test]
fn ready_profiles_are_sound_and_come_back_from_json() {
    assert_eq!(Profile::ready().len(), 22);
    for profile in Profile::ready() {
        profile.check().unwrap();
        let json = serde_json::to_string(profile).unwrap();
        assert_eq!(&serde_json::from_str::<Profile>(&json).unwrap(), profile);
    }
}

#[test]
fn unknown_fields_are_refused() {
    let mut json = serde_json::to_value(&Profile::ready()[0]).unwrap();
    json["validity"]["longst"] = "1d".into();
    assert!(serde_json::from_value::<Profile>(json).is_err());
    let mut json = serde_json::to_value(&Profile::ready()[0]).unwrap();
    json["extra"] = 1.into();
    assert!(serde_json::from_value::<Profile>(json).is_err());
    let mut json = serde_json::to_value(&Profile::ready()[0]).unwrap();
    json["certificate_policies"] = vec!["x"].into();
    assert!(serde_json::from_value::<Profile>(json).is_err());
}

#[test]
fn contradictions_are_refused() {
    assert_eq!(fault_of(|profile| profile.name = "TLS".into()), "name");
    assert_eq!(
        fault_of(|profile| profile.key_algorithms.clear()),
        "key_algorithms"
    );
    assert_eq!(
        fault_of(|profile| profile.validity.default = Period::days(999)),
        "validity"
    );
    assert_eq!(
        fault_of(|profile| profile.key_usage.push(KeyUsage::KeyCertSign)),
        "key_usage"
    );
    let constraints = BasicConstraintsRule {
        ca: false,
        path_length: Some(0),
    };
    assert_eq!(
        fault_of(|profile| profile.basic_constraints = Some(constraints)),
        "basic_constraints"
    );
    assert_eq!(
        fault_of(|profile| profile.subject.allowed.push("XX".into())),
        "subject"
    );
    assert_eq!(fault_of(|profile| profile.names.allowed.clear()), "names");
}
