//! The real Ironic and the real BMC emulator against the answers that the simulated rack is held to.

use std::fs;

use crate::{
    contract::{Answers, Place, answers, differences, ironics_names, read, write},
    ymir::Ymir,
};

const IRONIC: &str = "http://172.22.0.1:6385";
const REDFISH: &str = "http://172.22.0.1:8000";
const LOGIN: (&str, &str) = ("admin", "ymir-lab");
const BM1: &str = "11111111-0000-4000-8000-000000000001";

/// What the real parts answer now is kept in the state directory, to be looked at and taken over if it is right.
pub(crate) fn answers_are_as_recorded(ymir: &Ymir) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ironic = Place { url: IRONIC.into(), login: None, names: ironics_names() };
    let names = vec![("system", BM1.to_owned())];
    let redfish = Place { url: REDFISH.into(), login: Some(LOGIN), names };
    let told = [("ironic", ironic), ("redfish", redfish)].map(|(list, place)| {
        let given = runtime.block_on(answers(&format!("{list}.toml"), &place));
        keep(ymir, list, &given);
        differences(&read(&format!("{list}.json")), &given)
    });
    let told = told.concat();
    assert!(told.is_empty(), "the real parts answer otherwise than recorded:\n{}", told.join("\n"));
}

fn keep(ymir: &Ymir, list: &str, given: &Answers) {
    let dir = ymir.state.join("contract");
    fs::create_dir_all(&dir).unwrap();
    write(&dir.join(format!("{list}.json")), given);
}
