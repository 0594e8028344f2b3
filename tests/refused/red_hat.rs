//! What `host configure` refuses of hosts of Red Hat's family.

use super::Site;

const ROCKY: &str = "os_distribution: rocky\nos_release: \"10\"\nnetwork_interfaces: [provision_oc_net]\n\
    provision_oc_net_interface: eth0\n";

fn said(text: &str) -> String {
    let site = Site::new().with("zz-rocky.yml", &format!("{ROCKY}{text}"));
    let tags = ["--tags", "dnf,selinux,network", "--limit", "bm1"];
    site.run(&[&["overcloud", "host", "configure", "--check"], &tags[..]].concat())
}

#[test]
fn what_cannot_be_configured_on_red_hats_family() {
    let table = [
        ("network_engine: other", "`network_engine` is `default` or `nmstate`"),
        (
            "network_engine: nmstate\nos_family: Debian",
            "only Rocky Linux and CentOS Stream have nmstate",
        ),
        (
            "network_engine: nmstate\nprovision_oc_net_routes: [{cidr: 10.0.0.0/8, mtu: 9}]",
            "unsupported routing route keys",
        ),
        ("dnf_custom_repos:\n  own: {cost: 1}", "it has none of baseurl, mirrorlist, metalink"),
        ("dnf_custom_repos:\n  ../own: {baseurl: x}", "is no name of a repository"),
        (
            "dnf_custom_repos:\n  own: {baseurl: x, state: gone}",
            "repositories are present or absent",
        ),
        ("dnf_repo_state_overrides:\n  crb: maybe", "it can be enabled or disabled"),
        (
            "dnf_automatic_enabled: true\ndnf_automatic_upgrade_type: all",
            "it can be default or security",
        ),
        ("selinux_state: lenient", "SELinux can be enforcing, permissive, disabled"),
        (
            "provision_oc_net_rules:\n  - {from: 10.0.0.0/8, table: gone}",
            "in `network_route_tables`",
        ),
        ("provision_oc_net_ethtool_opts: -s eth0 speed 10", "NetworkManager has no option"),
    ];
    for (text, words) in table {
        let said = said(text);
        assert!(said.starts_with("exit 3\n") && said.contains(words), "{text}\n{said}");
        assert!(said.contains("set by: "), "{said}");
    }
}

#[test]
fn a_password_of_a_repository_is_not_told() {
    let said = said("dnf_custom_repos:\n  own: {baseurl: x, password: hunter2, state: gone}");
    assert!(said.starts_with("exit 3\n") && !said.contains("hunter2"), "{said}");
}
