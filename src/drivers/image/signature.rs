//! Signatures of image manifests, made and checked by OpenSSH, so that any key that it knows will do: one in an agent, on
//! a token, or with a certificate.

use std::{collections::BTreeMap, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::{
    checksum,
    manifest::{self, Manifest},
};
use crate::{
    drivers::process::Run,
    model::image_source::{Algorithm, Sum},
    trouble::{Result, Tell, Trouble},
};

/// What a signature is for: one that was made for something else does not count.
pub const NAMESPACE: &str = "ymir-image";

/// Nobody is asked anything, so this is soon done.
const LIMIT: Duration = Duration::from_mins(1);

/// The file of the signature of an image's manifest.
pub(super) fn file_of(name: &str) -> String {
    format!("{}.sig", manifest::file_of(name))
}

/// Signs the manifest of a published image. The key may be the public half of one that an agent holds.
pub(super) async fn sign(dir: &Utf8Path, name: &str, key: &Utf8Path) -> Result<()> {
    let doing = || format!("signing the manifest of {name}");
    let path = dir.join(manifest::file_of(name));
    let text = std::fs::read(&path).or_host(|| format!("reading {path}"))?;
    let run = keygen(&["-Y", "sign", "-f", key.as_str(), "-n", NAMESPACE]).input(text);
    let output = run.success().await.map_err(|trouble| {
        trouble
            .while_trying(doing())
            .hint(format!("see `ymir_image_signing_key`: {key} must be a key without a passphrase, or one of an agent"))
    })?;
    let unfinished = dir.join(format!(".{}.new", file_of(name)));
    checksum::write(&unfinished, output.stdout.as_bytes())?;
    let signature = dir.join(file_of(name));
    std::fs::rename(&unfinished, &signature).or_host(|| format!("writing {signature}"))
}

/// Why the signature beside a manifest is of no use, whoever made it; `None` if it fits.
pub(super) async fn fault(dir: &Utf8Path, name: &str) -> Result<Option<String>> {
    let signature = dir.join(file_of(name));
    if !signature.is_file() {
        return Ok(Some("its manifest is not signed yet".into()));
    }
    let path = dir.join(manifest::file_of(name));
    let text = std::fs::read(&path).or_host(|| format!("reading {path}"))?;
    let run = keygen(&["-Y", "check-novalidate", "-n", NAMESPACE, "-s", signature.as_str()]);
    let output = run.input(text).output().await?;
    Ok((output.code != 0).then(|| "its signature is not one of its manifest".into()))
}

/// Signed manifests that were found to be right, by the digest of all that was read for it: many hosts share an image.
#[derive(Debug, Default)]
pub struct Verified(tokio::sync::Mutex<BTreeMap<String, String>>);

impl Verified {
    /// Makes sure that somebody of the allowed signers has signed a manifest which has the image's digest; gives who it
    /// was, or `None` if it is not signed at all.
    pub async fn check(
        &self,
        dir: &Utf8Path,
        name: &str,
        sum: &Sum,
        signers: &Utf8Path,
    ) -> Result<Option<String>> {
        let (path, signature) = (dir.join(manifest::file_of(name)), dir.join(file_of(name)));
        if !path.is_file() || !signature.is_file() {
            return Ok(None);
        }
        // What is checked is what is used: all is read once.
        let text = std::fs::read(&path).or_host(|| format!("reading {path}"))?;
        lists(&text, &path, sum)?;
        let who = self.signer(&text, &signature, signers).await?;
        Ok(Some(who))
    }

    async fn signer(
        &self,
        text: &[u8],
        signature: &Utf8PathBuf,
        signers: &Utf8Path,
    ) -> Result<String> {
        let read = |path: &Utf8Path| std::fs::read(path).or_host(|| format!("reading {path}"));
        let (sig, allowed) = (read(signature)?, read(signers)?);
        let mut key = Sha256::new();
        for part in [text, &sig, &allowed] {
            key.update(Sha256::digest(part));
        }
        let key = super::checksum::hex(&key.finalize());
        let mut known = self.0.lock().await;
        if let Some(who) = known.get(&key) {
            return Ok(who.clone());
        }
        let who = principal(signature, signers).await?;
        let args = [
            "-Y",
            "verify",
            "-f",
            signers.as_str(),
            "-I",
            &who,
            "-n",
            NAMESPACE,
            "-s",
            signature.as_str(),
        ];
        let output = keygen(&args).input(text).output().await?;
        if output.code != 0 {
            return Err(refused(signature, signers, &[&output.stdout, &output.stderr]));
        }
        known.insert(key, who.clone());
        Ok(who)
    }
}

/// Refuses a manifest that is about another content than the image's.
fn lists(text: &[u8], path: &Utf8Path, sum: &Sum) -> Result<()> {
    let manifest: Manifest = serde_json::from_slice(text).or_host(|| format!("reading {path}"))?;
    let own = |hex: &str| sum.algorithm == Algorithm::Sha256 && sum.hex == hex;
    if manifest.files.iter().any(|product| own(&product.sha256)) {
        return Ok(());
    }
    Err(Trouble::host(format!("checking the signature of {}", manifest.name))
        .because(format!("{path} is signed, but has no file with {sum}"))
        .hint("publish image and manifest of the same build"))
}

/// Whose key made the signature, among the allowed ones.
async fn principal(signature: &Utf8Path, signers: &Utf8Path) -> Result<String> {
    let args = ["-Y", "find-principals", "-s", signature.as_str(), "-f", signers.as_str()];
    let output = keygen(&args).output().await?;
    match output.stdout.lines().next().map(str::trim).filter(|who| !who.is_empty()) {
        Some(who) if output.code == 0 => Ok(who.split(',').next().unwrap_or(who).to_owned()),
        _ => Err(refused(signature, signers, &[&output.stdout, &output.stderr])),
    }
}

fn refused(signature: &Utf8Path, signers: &Utf8Path, words: &[&str]) -> Trouble {
    let words = words.iter().flat_map(|text| text.lines()).rfind(|line| !line.trim().is_empty());
    Trouble::host(format!("checking the signature {signature}"))
        .because(format!("it is not one by the keys in {signers} for {NAMESPACE}"))
        .because(words.unwrap_or("ssh-keygen says nothing"))
        .hint("see who built and signed the image; `ymir_image_allowed_signers` names whose images are taken")
}

fn keygen(args: &[&str]) -> Run {
    Run::new("ssh-keygen").args(args.iter().copied()).without_terminal().time_limit(LIMIT)
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
