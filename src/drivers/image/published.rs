//! The check before a host is given an image: its file is there and is what was built.

use camino::Utf8PathBuf;

use super::checksum;
use crate::{
    plan::action::image::Published,
    trouble::{Result, Trouble},
};

/// Checks that the file has the checksum that lies beside it; nothing can be brought about here.
pub(super) async fn check(host: &str, published: &Published) -> Result<()> {
    let path = published.directory.join(&published.file);
    let sums = Utf8PathBuf::from(format!("{path}.sha256"));
    let refuse = |cause: String| {
        let name = published.file.trim_end_matches(".qcow2");
        Trouble::refused(format!("{host}: looking for the image {}", published.file))
            .because(cause)
            .set_by(&published.setting)
            .hint(format!("build and publish it: `ymir overcloud host image build {name}`"))
    };
    if !path.is_file() {
        return Err(refuse(format!("{path} does not exist")));
    }
    let text = std::fs::read_to_string(&sums)
        .map_err(|error| refuse(format!("its checksum {sums} cannot be read: {error}")))?;
    let expected = checksum::in_line(&text)
        .ok_or_else(|| refuse(format!("{sums} holds no SHA-256 checksum")))?;
    let found = checksum::sha256(path.clone()).await?;
    if found != expected {
        return Err(refuse(format!(
            "{path} has the SHA-256 checksum {found}, and {expected} is recorded for it: the file was changed"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::origin::{Origin, Setting};

    #[tokio::test]
    async fn a_missing_or_changed_file_is_told_with_its_setting() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temporary.path()).unwrap().to_owned();
        let origin = Origin { file: "group_vars/compute".into(), line: 3, column: 1 };
        let setting = Setting { variable: "kolla_bifrost_deploy_image_filename".into(), origin };
        let file = "demo.qcow2".to_owned();
        let image = directory.join(&file);
        let sums = directory.join("demo.qcow2.sha256");
        let published = Published { directory, file, setting: setting.clone() };
        let told = async |expected: &str| {
            let trouble = check("bm1", &published).await.unwrap_err();
            assert!(trouble.causes[0].contains(expected), "{trouble:?}");
            assert_eq!(trouble.what, "bm1: looking for the image demo.qcow2");
            assert_eq!(trouble.settings, std::slice::from_ref(&setting));
            assert!(trouble.hints[0].contains("host image build demo"));
        };
        told("does not exist").await;
        std::fs::write(&image, "content").unwrap();
        told("cannot be read").await;
        std::fs::write(&sums, "nonsense").unwrap();
        told("holds no SHA-256 checksum").await;
        let sum = checksum::sha256_now(&image).unwrap();
        std::fs::write(&sums, checksum::line(&sum, "demo.qcow2")).unwrap();
        check("bm1", &published).await.unwrap();
        std::fs::write(&image, "CONTENT").unwrap();
        told("the file was changed").await;
    }
}
