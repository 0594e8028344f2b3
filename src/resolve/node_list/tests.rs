use super::*;

fn parsed(text: &str) -> Result<NodeList> {
    NodeList::parse(text, Utf8Path::new("nodes.csv"))
}

fn nodes(text: &str) -> Result<Vec<Enrolment>> {
    let setting = Setting { variable: "ymir_ironic_url".into(), origin: Origin::whole("test") };
    let seconds = Sourced { value: 60, setting: setting.clone() };
    let defaults = Defaults {
        ironic: Ironic {
            url: Sourced { value: "http://ironic".into(), setting },
            login: None,
            keystone: None,
        },
        patience: Patience {
            manageable: seconds.clone(),
            available: seconds.clone(),
            inspected: seconds.clone(),
            active: seconds.clone(),
            ssh: seconds,
            poll: 1,
        },
        driver: None,
        automated_clean: false,
    };
    let list = parsed(text)?;
    list.enrolments(&list.names(), &defaults)
}

#[test]
fn bifrosts_columns_have_their_places() {
    let line = "52:54:00:AA:00:01,admin,pw,10.0.0.9,4,8192,100,,,\
        11111111-0000-4000-8000-000000000001,bm1,10.1.0.1,1,0x20,,,ipmi,10.1.0.1\n\
        52:54:00:aa:00:02,admin,pw,https://bmc2,,,,,,,bm2,,,,,,redfish\n\
        52:54:00:aa:00:03,,,10.0.0.11,,,,,,,bm3\n";
    let all = nodes(line).unwrap();
    let shown = |node: &Node| {
        serde_json::to_string(&(
            &node.driver.value,
            &node.driver_info,
            &node.properties,
            &node.ports,
        ))
        .unwrap()
    };
    insta::assert_snapshot!(shown(&all[0].node), @r#"["ipmi",{"ipmi_address":"10.0.0.9","ipmi_bridging":"single","ipmi_target_address":"0x20","ipmi_target_channel":"1","ipmi_username":"admin"},{"cpu_arch":"x86_64","cpus":"4","local_gb":"100","memory_mb":"8192"},[{"address":"52:54:00:aa:00:01"}]]"#);
    insta::assert_snapshot!(shown(&all[1].node), @r#"["redfish",{"redfish_address":"https://bmc2","redfish_username":"admin"},{"cpu_arch":"x86_64"},[{"address":"52:54:00:aa:00:02"}]]"#);
    assert_eq!(all[0].node.placement.uuid.as_deref(), Some("11111111-0000-4000-8000-000000000001"));
    assert_eq!(all[2].node.driver.value, "ipmi");
    let reference = &all[0].node.secrets["ipmi_password"];
    let secrets = ListSecrets {
        list: parsed(line).unwrap(),
        others: Arc::new(crate::secret::KnownSecrets::default()),
    };
    assert_eq!(secrets.find(reference).unwrap().reveal(), "pw");
    assert!(!serde_json::to_string(&all[0].node).unwrap().contains("pw"));
}

#[test]
fn named_columns_may_be_in_any_order() {
    let text = "# a comment\nredfish_address,name,driver,mac,traits,boot_interface,root_device.serial,cpus,redfish_password\n\
        https://bmc1, bm1 ,redfish,52:54:00:aa:00:01;52:54:00:aa:00:02,CUSTOM_A CUSTOM_B,ipxe,S1,4,pw\n\
        https://bmc2,bm2,idrac\n";
    let all = nodes(text).unwrap();
    let node = &all[0].node;
    let shown =
        (&node.driver_info, &node.properties, &node.interfaces, &node.placement, &node.ports);
    insta::assert_snapshot!(serde_json::to_string(&shown).unwrap(), @r#"[{"redfish_address":"https://bmc1"},{"cpus":"4","root_device":{"serial":"S1"}},{"boot":"ipxe"},{"traits":["CUSTOM_A","CUSTOM_B"]},[{"address":"52:54:00:aa:00:01"},{"address":"52:54:00:aa:00:02"}]]"#);
    assert_eq!(all[1].name, "bm2");
    assert_eq!(all[1].node.driver.setting.origin.line, 4);
}

#[test]
fn what_cannot_be_is_told_with_its_line() {
    let table = [
        ("name,drivr\n", 1, "`drivr` is no column of a node"),
        ("driver\n", 1, "no column is called `name`"),
        ("name,name\n", 1, "the column `name` is there twice"),
        ("name,driver\na,ipmi,x\n", 2, "a node has 3 columns, and the first line names 2"),
        ("name,driver\n\na,ipmi\n", 3, "a: the address of its BMC is not given"),
        ("name,driver\na,ipmitool\n", 2, "a: `ipmitool` is no driver of Ironic"),
        (
            "name,driver\na,fake-hardware\na,fake-hardware\n",
            3,
            "the node a is there twice, in line 2 before",
        ),
        ("name,driver,mac\na,fake-hardware,eth0\n", 2, "a: `eth0` is not a MAC address"),
        ("name\na\n", 2, "a: no driver is named"),
        ("52:54:00:aa:00:03,,,10.0.0.11\n", 1, "a node has 4 columns"),
        ("name,driver\n,ipmi\n", 2, "a node without a name"),
    ];
    for (text, line, what) in table {
        let trouble = nodes(text).unwrap_err();
        let at = trouble.origin.as_ref().map(|origin| origin.line);
        assert_eq!((trouble.what.as_str(), at), (what, Some(line)), "{text}");
    }
}
