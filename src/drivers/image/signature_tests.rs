use super::*;

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A directory with keys of two people and the manifest of an image.
struct Bench(tempfile::TempDir);

impl Bench {
    async fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        for who in ["ann", "bob"] {
            let args = ["-q", "-t", "ed25519", "-N", "", "-C", who, "-f"];
            Run::new("ssh-keygen").args(args).arg(bench.path(who)).success().await.unwrap();
        }
        bench.write(ABC);
        bench
    }

    fn dir(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    fn path(&self, file: &str) -> Utf8PathBuf {
        self.dir().join(file)
    }

    fn write(&self, sha256: &str) {
        let file = serde_json::json!({ "file": "demo.qcow2", "size": 3, "sha256": sha256 });
        let manifest = serde_json::json!({
            "name": "demo", "digest": "0", "built_at": "2026-11-26T20:00:00Z", "kernel": "6.1",
            "files": [file], "packages": [],
        });
        std::fs::write(self.path("demo.manifest.json"), manifest.to_string()).unwrap();
    }

    /// Lets only this one's key count.
    fn allow(&self, who: &str, options: &str) -> Utf8PathBuf {
        let key = std::fs::read_to_string(self.path(&format!("{who}.pub"))).unwrap();
        let path = self.path("allowed");
        std::fs::write(&path, format!("{who}@site {options}{key}")).unwrap();
        path
    }

    async fn check(&self, signers: &Utf8Path) -> Result<Option<String>> {
        Verified::default().check(self.dir(), "demo", &Sum::parse(ABC).unwrap(), signers).await
    }
}

#[tokio::test]
async fn what_is_signed_by_an_allowed_key_is_taken() {
    let bench = Bench::new().await;
    let signers = bench.allow("ann", "namespaces=\"ymir-image\" ");
    assert_eq!(bench.check(&signers).await.unwrap(), None, "it is not signed yet");
    assert!(fault(bench.dir(), "demo").await.unwrap().unwrap().contains("not signed yet"));
    sign(bench.dir(), "demo", &bench.path("ann")).await.unwrap();
    assert_eq!(bench.check(&signers).await.unwrap().as_deref(), Some("ann@site"));
    assert_eq!(fault(bench.dir(), "demo").await.unwrap(), None);
    // Signed again, in the place of the earlier signature.
    sign(bench.dir(), "demo", &bench.path("ann")).await.unwrap();
    assert_eq!(bench.check(&signers).await.unwrap().as_deref(), Some("ann@site"));
}

#[tokio::test]
async fn what_is_signed_otherwise_is_refused() {
    let bench = Bench::new().await;
    sign(bench.dir(), "demo", &bench.path("bob")).await.unwrap();
    let refused = |trouble: Trouble| trouble.what.contains("checking the signature");
    assert!(refused(bench.check(&bench.allow("ann", "")).await.unwrap_err()), "another's key");
    let elsewhere = bench.allow("bob", "namespaces=\"git\" ");
    assert!(refused(bench.check(&elsewhere).await.unwrap_err()), "a key for something else");
    let late = bench.allow("bob", "valid-before=\"20200101\" ");
    assert!(refused(bench.check(&late).await.unwrap_err()), "a key that has run out");
    let signers = bench.allow("bob", "");
    bench.check(&signers).await.unwrap().unwrap();
    let manifest = std::fs::read_to_string(bench.path("demo.manifest.json")).unwrap();
    std::fs::write(bench.path("demo.manifest.json"), manifest.replace("6.1", "6.2")).unwrap();
    assert!(refused(bench.check(&signers).await.unwrap_err()), "a manifest that was changed");
    assert!(
        fault(bench.dir(), "demo").await.unwrap().unwrap().contains("is not one of its manifest")
    );
    bench.write(&"0".repeat(64));
    sign(bench.dir(), "demo", &bench.path("bob")).await.unwrap();
    let trouble = bench.check(&signers).await.unwrap_err();
    assert!(trouble.causes[0].contains("has no file with sha256:ba78"), "another image: {trouble}");
}
