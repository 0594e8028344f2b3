use std::time::Duration;

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, header, method, path},
};

use super::*;
use crate::{
    model::bmc::{Bmc, Patience, Trust, Way},
    origin::{Origin, Setting, Sourced},
};

fn setting(variable: &str) -> Setting {
    Setting { variable: variable.into(), origin: Origin::whole("test") }
}

fn sourced<T>(value: T) -> Sourced<T> {
    Sourced { value, setting: setting("x") }
}

fn bmc(address: &str) -> Bmc {
    let root = format!("{address}/redfish/v1/");
    let trust = Trust::Plain { setting: setting("redfish_address") };
    let way = Redfish { root, system: None, trust, entrance: Entrance::Auto };
    Bmc {
        address: sourced(address.to_owned()),
        way: Way::Redfish(way),
        login: None,
        patience: Patience { answer: sourced(5), power: sourced(5) },
    }
}

const QUICK: Pace =
    Pace { pause: Duration::from_millis(1), most: Duration::from_millis(5), tries: 3 };

async fn client(bmc: &Bmc) -> Client<'_> {
    let Way::Redfish(redfish) = &bmc.way else { panic!("it speaks Redfish") };
    let login = Some((Secret::new("admin"), Secret::new("hidden")));
    Client::open(Whose { host: "bm1", bmc }, redfish, login, QUICK).await.unwrap()
}

fn answers(value: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(value)
}

/// A service whose root names its sessions.
async fn with_sessions() -> MockServer {
    let server = MockServer::start().await;
    let root =
        json!({ "Links": { "Sessions": { "@odata.id": "/redfish/v1/SessionService/Sessions" } } });
    Mock::given(path("/redfish/v1/")).respond_with(answers(root)).mount(&server).await;
    server
}

#[tokio::test]
async fn a_session_is_used_and_closed_at_the_end() {
    let server = with_sessions().await;
    let sessions = "/redfish/v1/SessionService/Sessions";
    let begun = ResponseTemplate::new(201)
        .insert_header("X-Auth-Token", "token-7")
        .insert_header("Location", format!("{sessions}/7"));
    Mock::given(method("POST"))
        .and(path(sessions))
        .and(body_partial_json(json!({ "UserName": "admin", "Password": "hidden" })))
        .respond_with(begun)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/thing"))
        .and(header("x-auth-token", "token-7"))
        .respond_with(answers(json!({ "Name": "it" })))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path(format!("{sessions}/7")))
        .and(header("x-auth-token", "token-7"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let bmc = bmc(&server.uri());
    let client = client(&bmc).await;
    assert_eq!(client.get("/thing").await.unwrap().value["Name"], "it");
    client.close().await;
}

#[tokio::test]
async fn a_service_without_sessions_gets_the_password() {
    let server = MockServer::start().await;
    Mock::given(path("/redfish/v1/")).respond_with(answers(json!({}))).mount(&server).await;
    Mock::given(path("/thing"))
        .and(header("authorization", "Basic YWRtaW46aGlkZGVu"))
        .respond_with(answers(json!({})))
        .expect(1)
        .mount(&server)
        .await;
    let bmc = bmc(&server.uri());
    client(&bmc).await.get("/thing").await.unwrap();
}

#[tokio::test]
async fn the_password_goes_to_no_other_service() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    Mock::given(path("/redfish/v1/")).respond_with(answers(json!({}))).mount(&server).await;
    let away = ResponseTemplate::new(307).insert_header("Location", format!("{}/x", other.uri()));
    Mock::given(path("/away")).respond_with(away).mount(&server).await;
    let bmc = bmc(&server.uri());
    let client = client(&bmc).await;
    for link in ["/away", &format!("{}/x", other.uri())] {
        let failure = client.get(link).await.unwrap_err();
        assert!(matches!(failure, Failure::Elsewhere(_)), "{failure:?}");
    }
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn only_a_look_is_repeated_when_a_service_is_busy() {
    let server = MockServer::start().await;
    Mock::given(path("/redfish/v1/")).respond_with(answers(json!({}))).mount(&server).await;
    let busy = || ResponseTemplate::new(503).insert_header("Retry-After", "0");
    Mock::given(path("/look")).respond_with(busy()).up_to_n_times(2).mount(&server).await;
    Mock::given(path("/look")).respond_with(answers(json!({}))).mount(&server).await;
    Mock::given(path("/act")).respond_with(busy()).expect(1).mount(&server).await;
    let bmc = bmc(&server.uri());
    let client = client(&bmc).await;
    client.get("/look").await.unwrap();
    let failure = client.post("/act", &json!({})).await.unwrap_err();
    assert!(failure.words().starts_with("HTTP status 503 in answer to POST /act"));
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_read_again_before_it_is_changed() {
    let server = MockServer::start().await;
    Mock::given(path("/redfish/v1/")).respond_with(answers(json!({}))).mount(&server).await;
    Mock::given(method("PATCH"))
        .and(header("if-match", "\"old\""))
        .respond_with(ResponseTemplate::new(412))
        .expect(1)
        .mount(&server)
        .await;
    let newer = answers(json!({})).insert_header("ETag", "W/\"new\"");
    Mock::given(method("GET")).and(path("/it")).respond_with(newer).expect(1).mount(&server).await;
    Mock::given(method("PATCH"))
        .and(header("if-match", "\"new\""))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let bmc = bmc(&server.uri());
    client(&bmc).await.patch("/it", Some("\"old\""), &json!({})).await.unwrap();
}
