//! The rack against what real parts answered. With `YMIR_CONTRACT_IRONIC`, `YMIR_CONTRACT_KEYSTONE` (and
//! `YMIR_CONTRACT_PASSWORD`) or `YMIR_CONTRACT_REDFISH` (and `YMIR_CONTRACT_SYSTEM`) set to the address of a real part,
//! its answers are kept instead.

use crate::{
    contract::{self, Place, differences},
    serving::Served,
};

const QUICK: &str = "speed = 1000.0";

/// Compares the place's answers with those that are kept; or keeps them, if it is a real one.
async fn compare(list: &str, place: &Place, real: bool) {
    let given = contract::answers(&format!("{list}.toml"), place).await;
    let file = format!("{list}.json");
    if real {
        contract::write(&contract::file(&file), &given);
        return;
    }
    let told = differences(&contract::read(&file), &given);
    assert!(told.is_empty(), "the rack answers otherwise than the real part:\n{}", told.join("\n"));
}

#[tokio::test]
async fn the_rack_answers_as_ironic_does() {
    let real = std::env::var("YMIR_CONTRACT_IRONIC").ok();
    let served = real.is_none().then(|| Served::of(QUICK, ""));
    let url = real.clone().or(served.as_ref().map(|served| served.url.clone())).unwrap();
    let place = Place { url, login: None, names: contract::ironics_names() };
    compare("ironic", &place, real.is_some()).await;
}

#[tokio::test]
async fn the_rack_answers_as_a_redfish_emulator_does() {
    let real = std::env::var("YMIR_CONTRACT_REDFISH").ok();
    let served = real.is_none().then(|| Served::of(QUICK, "[[nodes]]\ncount = 1\nname = \"bm1\""));
    let system = |served: &Served| served.look("machines")[0]["uuid"].as_str().unwrap().to_owned();
    let system = served.as_ref().map(system);
    let system = system.unwrap_or_else(|| std::env::var("YMIR_CONTRACT_SYSTEM").unwrap());
    let url = real.clone().or(served.as_ref().map(|served| served.url.clone())).unwrap();
    let place = Place { url, login: None, names: vec![("system", system)] };
    compare("redfish", &place, real.is_some()).await;
}

#[tokio::test]
async fn the_rack_answers_as_keystone_does() {
    let real = std::env::var("YMIR_CONTRACT_KEYSTONE").ok();
    let keystone = "speed = 1000.0\nkeystone = { user = \"admin\", password = \"of-the-rack\" }";
    let served = real.is_none().then(|| Served::of(keystone, ""));
    let url = real.clone().or(served.as_ref().map(|served| served.url.clone())).unwrap();
    let password = std::env::var("YMIR_CONTRACT_PASSWORD").unwrap_or("of-the-rack".into());
    let place = Place { url, login: None, names: vec![("password", password)] };
    compare("keystone", &place, real.is_some()).await;
}

#[test]
fn the_list_asks_for_the_fields_that_ymir_asks_for() {
    let list = std::fs::read_to_string(contract::file("ironic.toml")).unwrap();
    let look =
        format!("GET /v1/nodes?fields={}&limit=1000", ymir::drivers::ironic::observed::FIELDS);
    assert!(list.contains(&look), "{look}");
}
