//! Certificates: verified, pinned, wrong, and not verified aloud.

use std::{fs, path::Path, process::Command};

use crate::{
    bmcs::{free_port, sushy},
    ready,
    site::{Site, redfish},
};

fn openssl(dir: &Path, args: &str) -> String {
    let output = Command::new("openssl").args(args.split(' ')).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An authority, and a certificate for 127.0.0.1 that it signed; gives the certificate's SHA-256.
fn certificates(dir: &Path) -> String {
    openssl(
        dir,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=site",
    );
    openssl(
        dir,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout bmc.key -out bmc.csr -subj /CN=bmc",
    );
    fs::write(dir.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        dir,
        "x509 -req -in bmc.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out bmc.pem",
    );
    let told = openssl(dir, "x509 -in bmc.pem -noout -fingerprint -sha256");
    told.trim().split('=').next_back().unwrap().to_owned()
}

#[test]
fn only_a_certificate_that_is_trusted_gets_the_password() {
    if !ready("only_a_certificate_that_is_trusted_gets_the_password") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let pin = certificates(dir.path());
    let digits = pin.replace(':', "").to_lowercase();
    let (cert, key) = (dir.path().join("bmc.pem"), dir.path().join("bmc.key"));
    let bmc = sushy(free_port(), 1, Some((&cert, &key)));
    let address = format!("https://127.0.0.1:{}", bmc.port);
    let with = |more: &str| Site::new().host("bm1", &redfish(&address, 1, more));

    let unknown = with("").bmc("power status").expect(4);
    unknown.says(&[
        "its certificate is not to be trusted",
        &digits,
        "bm1.yml:4",
        "ymir_bmc_certificate_sha256",
    ]);

    let pinned = with(&format!("ymir_bmc_certificate_sha256: \"{pin}\"\n")).bmc("check").expect(0);
    pinned.says(&["certificate pinned", &digits]);

    let other = "0".repeat(64);
    let wrong = with(&format!("ymir_bmc_certificate_sha256: \"{other}\"\n"));
    let told = wrong.bmc("power status").expect(4);
    told.says(&["its certificate is not to be trusted", "ymir_bmc_certificate_sha256 (", &digits]);

    let authority = dir.path().join("ca.pem");
    let verified = with(&format!("  redfish_verify_ca: {}\n", authority.display()));
    verified.bmc("power status").expect(0).says(&["0 of 1 hosts are on"]);
    let own = with(&format!("ymir_bmc_certificate_authorities: {}\n", authority.display()));
    own.bmc("check").expect(0).says(&["certificate verified by the site's authorities"]);

    let elsewhere = with("  redfish_verify_ca: /etc/ironic/certs/bmc.pem\n");
    let told = elsewhere.bmc("power status").expect(4);
    told.says(&["reading /etc/ironic/certs/bmc.pem", "on the machine where Ironic runs"]);

    let careless = with("  redfish_verify_ca: false\n");
    let told = careless.bmc("power status").expect(0);
    told.says(&["is not verified", "redfish_verify_ca (", "bm1.yml:8"]);
    careless
        .bmc("power on")
        .expect(0)
        .says(&["bm1: note: the certificate of its BMC is not verified"]);
}
