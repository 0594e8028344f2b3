use super::Site;

/// `dev secret` with the password `one`, `prod secret` with `two`, and a whole file with `two`; `ansible-vault` wrote
/// them.
const VALUES: &str = "\
from_dev: !vault |
          $ANSIBLE_VAULT;1.2;AES256;dev
          35333635613835356330636166363932396230336264626535393930633532393038333565383139
          3430323232366462326538326338373438393238313262620a393836366231623036646531613537
          62393336653661366561363936303035376634316461366231373535666135323531383230373166
          6162653733616332320a343361613033386434383261343434613039376131393734376137666461
          6134
from_prod: !vault |
          $ANSIBLE_VAULT;1.2;AES256;prod
          33393963386365373936323166643136666534306366373665353833336664343635333431303865
          6132643639316439643536643764383961353031623338610a396234343564623333376336343831
          63353566336332393531303364623036643863333235323464303933356533616433626339663563
          3638316639326366640a393838396665373834353430636461353738323438333066313530336331
          3531
";
const FILE: &str = "\
$ANSIBLE_VAULT;1.2;AES256;prod
38646134663934616464656666613030303333366633656330613762373433663430363037643939
6539336561373065336535343536626233323837653664330a336437326561306538656637306262
31663438613265316435363333386638663933613139353464343735326538616162303566653532
3665363663663162340a326565336631316365373133333139666666316330633062373737393139
62366563633064353032303465363837663732356433343962393230356563356237
";
/// `prod secret` as Ansible writes it in JSON.
const JSON: &str = r#"{"from_json": {"__ansible_vault": "$ANSIBLE_VAULT;1.2;AES256;prod\n33393963386365373936323166643136666534306366373665353833336664343635333431303865\n6132643639316439643536643764383961353031623338610a396234343564623333376336343831\n63353566336332393531303364623036643863333235323464303933356533616433626339663563\n3638316639326366640a393838396665373834353430636461353738323438333066313530336331\n3531"}}"#;

fn site() -> Site {
    Site::of(&[
        ("inventory/hosts", "h\n"),
        ("values.yml", VALUES),
        ("file.yml", FILE),
        ("more.json", JSON),
        (
            "all.yml",
            "all: \"{{ from_dev }}, {{ from_prod }}, {{ from_json }}, {{ whole_file }}\"\n",
        ),
        ("one", "one\n"),
        ("two", "  two \n"),
        ("wrong", "wrong\n"),
    ])
}

const ALL: &str = r#"{ "h": "dev secret, prod secret, prod secret, hidden" }"#;

#[test]
fn several_passwords_open_what_each_of_them_fits() {
    let site = site();
    let ids = ["--vault-id", "dev@one", "--vault-id", "prod@two", "--show-secrets"];
    assert_eq!(site.variable("all", &ids), ALL);
    // The vault id only says what to try first.
    let crossed = ["--vault-id", "prod@one", "--vault-id", "two", "--show-secrets"];
    assert_eq!(site.variable("all", &crossed), ALL);
    let masked = site.variable("all", &ids[..4]);
    assert_eq!(masked, r#"{ "h": "******" }"#);
}

#[test]
fn passwords_come_from_ansible_cfg_too() {
    let site = site();
    site.write(
        "ansible.cfg",
        "[defaults]\nvault_identity_list = dev@one\nvault_password_file = ./two ; beside this file\n",
    );
    assert_eq!(site.variable("all", &["--show-secrets"]), ALL);
    let one = [("ANSIBLE_VAULT_IDENTITY_LIST", "dev@two"), ("ANSIBLE_VAULT_PASSWORD_FILE", "one")];
    let args = ["configuration", "dump", "--var-name", "all", "--show-secrets", "--host", "h"];
    assert!(site.ymir_with(&one, &args).contains("dev secret, prod secret"));
}

#[test]
fn programs_answer_with_passwords() {
    let site = site();
    site.write("keyring-client", "#!/bin/sh\ntest \"$1 $2\" = '--vault-id dev' && echo one\n");
    site.write("plain.sh", "#!/bin/sh\ntest $# = 0 && echo two\n");
    let ids = ["--vault-id", "dev@keyring-client", "--vault-password-file", "plain.sh"];
    assert_eq!(site.variable("all", &[&ids[..], &["--show-secrets"]].concat()), ALL);
}

#[test]
fn a_password_that_cannot_be_had_matters_only_if_there_is_no_other() {
    let site = site();
    let args =
        ["--vault-id", "dev@none", "--vault-id", "one", "--vault-id", "two", "--show-secrets"];
    assert!(site.variable("all", &args).contains("dev secret"));
    insta::assert_snapshot!(site.variable("all", &args[..2]), @"
    exit: 3
    error: reading the vault password from none
      because: No such file or directory (os error 2)
       --> --vault-id:1:5
        |
      1 | dev@none
        |     ^ here
      hint: let the file hold the password, or give another with --vault-password-file
    ");
    site.write("empty", "\n");
    insta::assert_snapshot!(site.variable("all", &["--vault-password-file", "empty"]), @"
    exit: 3
    error: reading the vault password from empty
      because: it is empty
       --> --vault-password-file:1:1
        |
      1 | empty
        | ^ here
      hint: let the file hold the password, or give another with --vault-password-file
    ");
}

#[test]
fn a_text_that_no_password_opens_names_those_that_were_tried() {
    let site = site();
    let ids = ["--vault-id", "dev@one", "--vault-id", "prod@wrong"];
    insta::assert_snapshot!(site.variable("all", &ids), @"
    exit: 3
    error: opening the vault text at file.yml
      because: no vault password opens it (vault id `prod`)
      because: tried: `prod`, `dev`
      at: file.yml
      hint: check the passwords; --vault-id label@file adds one
    ");
    site.write("ansible.cfg", "[defaults]\nvault_id_match = true\n");
    let ids = ["--vault-id", "dev@one", "--vault-id", "test@two"];
    insta::assert_snapshot!(site.variable("all", &ids), @"
    exit: 3
    error: opening the vault text at file.yml
      because: no password has its vault id `prod`
      at: file.yml
      hint: `vault_id_match` is set, and passwords are given for `dev`, `test`
    ");
}

#[test]
fn lookups_open_files_and_keep_them_secret() {
    let site = site();
    site.write("look.yml", "look: \"{{ lookup('file', kayobe_config_path ~ '/file.yml') }}\"\n");
    let ids = ["--vault-id", "prod@two"];
    assert_eq!(site.variable("look", &ids), r#"{ "h": "******" }"#);
    let shown = site.variable("look", &[&ids[..], &["--show-secrets"]].concat());
    assert_eq!(shown, r#"{ "h": "whole_file: hidden" }"#);
    assert!(site.variable("look", &[]).contains("file.yml"));
}

#[test]
fn an_inventory_with_stars_says_what_they_stand_for() {
    let site = site();
    site.write("inventory/group_vars/all/whole.yml", FILE);
    let words = ["inventory", "--list", "--export", "--vault-id", "prod@two"];
    let stars = site.ymir(&words);
    assert!(stars.contains("note: `******` stands for") && !stars.contains("hidden"), "{stars}");
    let shown = site.ymir(&[&words[..], &["--show-secrets"]].concat());
    assert!(shown.contains("\"whole_file\": \"hidden\"") && !shown.contains("note:"), "{shown}");
}
