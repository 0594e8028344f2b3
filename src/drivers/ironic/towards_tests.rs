use super::*;

fn node(state: Provision) -> Observed {
    Observed { provision_state: state, ..Observed::default() }
}

/// One line per state: what a fresh step does, and what it does after it has asked for what it would ask for.
fn table(next: impl Fn(&Observed, &Tried) -> Move) -> String {
    let line = |state: Provision| {
        let first = next(&node(state), &Tried::default());
        let tried = match first {
            Move::Ask(verb) | Move::AskAgain(verb) => Tried { asked: vec![verb], forgiven: false },
            _ => return format!("{}: {first:?}\n", state.name()),
        };
        let later = next(&node(state), &tried);
        let error = "The x state can't be resumed by conductor lab. Moving to fail state.";
        let restarted = Observed { last_error: Some(error.into()), ..node(state) };
        let after_restart = next(&restarted, &tried);
        let forgiven = next(&restarted, &Tried { forgiven: true, ..tried });
        format!(
            "{}: {first:?}, then {later:?}, Ironic restarted {after_restart:?}, then {forgiven:?}\n",
            state.name()
        )
    };
    Provision::ALL.into_iter().map(line).collect()
}

#[test]
fn towards_manageable() {
    insta::assert_snapshot!(table(manageable), @r#"
    enroll: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    verifying: Wait
    manageable: Done
    inspecting: Done
    inspect wait: Done
    inspect failed: Done
    cleaning: Done
    clean wait: Done
    clean hold: Done
    clean failed: Done
    available: Done
    deploying: Done
    wait call-back: Done
    deploy hold: Done
    deploy failed: Done
    active: Done
    deleting: Done
    error: Done
    adopting: Done
    adopt failed: Done
    rescue: Done
    rescuing: Done
    rescue wait: Done
    rescue failed: Done
    unrescuing: Done
    unrescue failed: Done
    servicing: Done
    service wait: Done
    service hold: Done
    service failed: Done
    unknown: LeaveAlone("this version of Ymir does not know the state")
    "#);
}

#[test]
fn towards_held_back() {
    insta::assert_snapshot!(table(held_back), @r#"
    enroll: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    verifying: Wait
    manageable: Done
    inspecting: Wait
    inspect wait: Wait
    inspect failed: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    cleaning: Wait
    clean wait: Wait
    clean hold: LeaveAlone("something else than Ymir is at work on it")
    clean failed: LeaveAlone("cleaning failed, and only a person can say whether its disks may be touched again")
    available: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    deploying: LeaveAlone("it is in use")
    wait call-back: LeaveAlone("it is in use")
    deploy hold: LeaveAlone("it is in use")
    deploy failed: LeaveAlone("it is in use")
    active: LeaveAlone("it is in use")
    deleting: LeaveAlone("it is in use")
    error: LeaveAlone("Ironic could not take the instance off it, and does not say what is left on the disks")
    adopting: LeaveAlone("something else than Ymir is at work on it")
    adopt failed: LeaveAlone("something else than Ymir is at work on it")
    rescue: LeaveAlone("something else than Ymir is at work on it")
    rescuing: LeaveAlone("something else than Ymir is at work on it")
    rescue wait: LeaveAlone("something else than Ymir is at work on it")
    rescue failed: LeaveAlone("something else than Ymir is at work on it")
    unrescuing: LeaveAlone("something else than Ymir is at work on it")
    unrescue failed: LeaveAlone("something else than Ymir is at work on it")
    servicing: LeaveAlone("something else than Ymir is at work on it")
    service wait: LeaveAlone("something else than Ymir is at work on it")
    service hold: LeaveAlone("something else than Ymir is at work on it")
    service failed: LeaveAlone("something else than Ymir is at work on it")
    unknown: LeaveAlone("this version of Ymir does not know the state")
    "#);
}

#[test]
fn towards_inspected() {
    insta::assert_snapshot!(table(|node, tried| inspected(node, tried, Timestamp::UNIX_EPOCH)), @r#"
    enroll: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    verifying: Wait
    manageable: Ask(Inspect), then Done, Ironic restarted Done, then Done
    inspecting: Wait
    inspect wait: Wait
    inspect failed: AskAgain(Inspect), then Failed, Ironic restarted AskAgain(Inspect), then Failed
    cleaning: Wait
    clean wait: Wait
    clean hold: LeaveAlone("something else than Ymir is at work on it")
    clean failed: LeaveAlone("cleaning failed, and only a person can say whether its disks may be touched again")
    available: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    deploying: LeaveAlone("it is in use")
    wait call-back: LeaveAlone("it is in use")
    deploy hold: LeaveAlone("it is in use")
    deploy failed: LeaveAlone("it is in use")
    active: LeaveAlone("it is in use")
    deleting: LeaveAlone("it is in use")
    error: LeaveAlone("Ironic could not take the instance off it, and does not say what is left on the disks")
    adopting: LeaveAlone("something else than Ymir is at work on it")
    adopt failed: LeaveAlone("something else than Ymir is at work on it")
    rescue: LeaveAlone("something else than Ymir is at work on it")
    rescuing: LeaveAlone("something else than Ymir is at work on it")
    rescue wait: LeaveAlone("something else than Ymir is at work on it")
    rescue failed: LeaveAlone("something else than Ymir is at work on it")
    unrescuing: LeaveAlone("something else than Ymir is at work on it")
    unrescue failed: LeaveAlone("something else than Ymir is at work on it")
    servicing: LeaveAlone("something else than Ymir is at work on it")
    service wait: LeaveAlone("something else than Ymir is at work on it")
    service hold: LeaveAlone("something else than Ymir is at work on it")
    service failed: LeaveAlone("something else than Ymir is at work on it")
    unknown: LeaveAlone("this version of Ymir does not know the state")
    "#);
}

#[test]
fn towards_available() {
    insta::assert_snapshot!(table(available), @r#"
    enroll: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    verifying: Wait
    manageable: Ask(Provide), then Failed, Ironic restarted AskAgain(Provide), then Failed
    inspecting: Wait
    inspect wait: Wait
    inspect failed: LeaveAlone("its inspection failed")
    cleaning: Wait
    clean wait: Wait
    clean hold: LeaveAlone("something else than Ymir is at work on it")
    clean failed: LeaveAlone("cleaning failed, and only a person can say whether its disks may be touched again")
    available: Done
    deploying: Done
    wait call-back: Done
    deploy hold: Done
    deploy failed: Done
    active: Done
    deleting: Wait
    error: LeaveAlone("Ironic could not take the instance off it, and does not say what is left on the disks")
    adopting: LeaveAlone("something else than Ymir is at work on it")
    adopt failed: LeaveAlone("something else than Ymir is at work on it")
    rescue: LeaveAlone("something else than Ymir is at work on it")
    rescuing: LeaveAlone("something else than Ymir is at work on it")
    rescue wait: LeaveAlone("something else than Ymir is at work on it")
    rescue failed: LeaveAlone("something else than Ymir is at work on it")
    unrescuing: LeaveAlone("something else than Ymir is at work on it")
    unrescue failed: LeaveAlone("something else than Ymir is at work on it")
    servicing: LeaveAlone("something else than Ymir is at work on it")
    service wait: LeaveAlone("something else than Ymir is at work on it")
    service hold: LeaveAlone("something else than Ymir is at work on it")
    service failed: LeaveAlone("something else than Ymir is at work on it")
    unknown: LeaveAlone("this version of Ymir does not know the state")
    "#);
}

#[test]
fn towards_active() {
    insta::assert_snapshot!(table(active), @r#"
    enroll: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    verifying: Wait
    manageable: Ask(Provide), then Failed, Ironic restarted AskAgain(Provide), then Failed
    inspecting: Wait
    inspect wait: Wait
    inspect failed: LeaveAlone("its inspection failed")
    cleaning: Wait
    clean wait: Wait
    clean hold: LeaveAlone("something else than Ymir is at work on it")
    clean failed: LeaveAlone("cleaning failed, and only a person can say whether its disks may be touched again")
    available: Ask(Active), then Failed, Ironic restarted AskAgain(Active), then Failed
    deploying: Wait
    wait call-back: Wait
    deploy hold: Wait
    deploy failed: AskAgain(Active), then Failed, Ironic restarted AskAgain(Active), then Failed
    active: Done
    deleting: Wait
    error: LeaveAlone("Ironic could not take the instance off it, and does not say what is left on the disks")
    adopting: LeaveAlone("something else than Ymir is at work on it")
    adopt failed: LeaveAlone("something else than Ymir is at work on it")
    rescue: LeaveAlone("something else than Ymir is at work on it")
    rescuing: LeaveAlone("something else than Ymir is at work on it")
    rescue wait: LeaveAlone("something else than Ymir is at work on it")
    rescue failed: LeaveAlone("something else than Ymir is at work on it")
    unrescuing: LeaveAlone("something else than Ymir is at work on it")
    unrescue failed: LeaveAlone("something else than Ymir is at work on it")
    servicing: LeaveAlone("something else than Ymir is at work on it")
    service wait: LeaveAlone("something else than Ymir is at work on it")
    service hold: LeaveAlone("something else than Ymir is at work on it")
    service failed: LeaveAlone("something else than Ymir is at work on it")
    unknown: LeaveAlone("this version of Ymir does not know the state")
    "#);
}

#[test]
fn towards_undeployed() {
    insta::assert_snapshot!(table(undeployed), @r#"
    enroll: Done
    verifying: Done
    manageable: Done
    inspecting: Done
    inspect wait: Done
    inspect failed: Done
    cleaning: Wait
    clean wait: Wait
    clean hold: LeaveAlone("something else than Ymir is at work on it")
    clean failed: LeaveAlone("cleaning failed, and only a person can say whether its disks may be touched again")
    available: Done
    deploying: Wait
    wait call-back: Ask(Deleted), then Failed, Ironic restarted AskAgain(Deleted), then Failed
    deploy hold: Wait
    deploy failed: Ask(Deleted), then Failed, Ironic restarted AskAgain(Deleted), then Failed
    active: Ask(Deleted), then Failed, Ironic restarted AskAgain(Deleted), then Failed
    deleting: Wait
    error: AskAgain(Deleted), then Failed, Ironic restarted AskAgain(Deleted), then Failed
    adopting: LeaveAlone("something else than Ymir is at work on it")
    adopt failed: LeaveAlone("something else than Ymir is at work on it")
    rescue: LeaveAlone("something else than Ymir is at work on it")
    rescuing: LeaveAlone("something else than Ymir is at work on it")
    rescue wait: LeaveAlone("something else than Ymir is at work on it")
    rescue failed: LeaveAlone("something else than Ymir is at work on it")
    unrescuing: LeaveAlone("something else than Ymir is at work on it")
    unrescue failed: LeaveAlone("something else than Ymir is at work on it")
    servicing: LeaveAlone("something else than Ymir is at work on it")
    service wait: LeaveAlone("something else than Ymir is at work on it")
    service hold: LeaveAlone("something else than Ymir is at work on it")
    service failed: LeaveAlone("something else than Ymir is at work on it")
    unknown: LeaveAlone("this version of Ymir does not know the state")
    "#);
}

#[test]
fn a_fresh_inspection_is_enough() {
    let at = |second| Some(Timestamp::from_second(second).unwrap());
    let since = Timestamp::from_second(100).unwrap();
    let done = Observed { inspection_finished_at: at(100), ..node(Provision::Manageable) };
    assert_eq!(inspected(&done, &Tried::default(), since), Move::Done);
    let old = Observed { inspection_finished_at: at(99), ..node(Provision::Manageable) };
    assert_eq!(inspected(&old, &Tried::default(), since), Move::Ask(Verb::Inspect));
}

#[test]
fn towards_rebuilt() {
    let left = |state: Provision| {
        matches!(rebuilt(&node(state), &Tried::default(), false), Move::LeaveAlone(_))
    };
    let told = table(|node, tried| rebuilt(node, tried, false));
    let own: Vec<_> = told.lines().filter(|line| !line.contains("LeaveAlone")).collect();
    insta::assert_snapshot!(own.join("\n"), @r"
    deploying: Wait
    wait call-back: Wait
    deploy hold: Wait
    deploy failed: AskAgain(Rebuild), then Failed, Ironic restarted AskAgain(Rebuild), then Failed
    active: Ask(Rebuild), then Done, Ironic restarted Done, then Done
    ");
    assert_eq!(Provision::ALL.into_iter().filter(|state| left(*state)).count(), 26);
    assert_eq!(rebuilt(&node(Provision::Active), &Tried::default(), true), Move::Done);
}

#[test]
fn towards_bios_and_raid() {
    let wish = Wish { change: true, back: false, ours: false, joined: false };
    insta::assert_snapshot!(table(|node, tried| set_up(node, tried, wish)), @r#"
    enroll: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    verifying: Wait
    manageable: Ask(Clean), then Done, Ironic restarted Done, then Done
    inspecting: Wait
    inspect wait: Wait
    inspect failed: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    cleaning: Wait
    clean wait: Wait
    clean hold: LeaveAlone("something else than Ymir is at work on it")
    clean failed: LeaveAlone("cleaning failed, and only a person can say whether its disks may be touched again")
    available: Ask(Manage), then Failed, Ironic restarted AskAgain(Manage), then Failed
    deploying: LeaveAlone("it is in use")
    wait call-back: LeaveAlone("it is in use")
    deploy hold: LeaveAlone("it is in use")
    deploy failed: LeaveAlone("it is in use")
    active: LeaveAlone("it is in use")
    deleting: LeaveAlone("it is in use")
    error: LeaveAlone("Ironic could not take the instance off it, and does not say what is left on the disks")
    adopting: LeaveAlone("something else than Ymir is at work on it")
    adopt failed: LeaveAlone("something else than Ymir is at work on it")
    rescue: LeaveAlone("something else than Ymir is at work on it")
    rescuing: LeaveAlone("something else than Ymir is at work on it")
    rescue wait: LeaveAlone("something else than Ymir is at work on it")
    rescue failed: LeaveAlone("something else than Ymir is at work on it")
    unrescuing: LeaveAlone("something else than Ymir is at work on it")
    unrescue failed: LeaveAlone("something else than Ymir is at work on it")
    servicing: LeaveAlone("something else than Ymir is at work on it")
    service wait: LeaveAlone("something else than Ymir is at work on it")
    service hold: LeaveAlone("something else than Ymir is at work on it")
    service failed: LeaveAlone("something else than Ymir is at work on it")
    unknown: LeaveAlone("this version of Ymir does not know the state")
    "#);
}

/// What is the case, a node's state, what was asked for, and what is next.
#[test]
fn a_node_goes_back_to_where_it_was_before_its_bios_was_set() {
    use Provision as P;
    let wish = |change, back, ours| Wish { change, back, ours, joined: false };
    let joined = Wish { joined: true, ..wish(false, false, true) };
    let (manage, clean, provide) = (Verb::Manage, Verb::Clean, Verb::Provide);
    let table: [(Wish, P, &[Verb], Move); 11] = [
        (wish(true, true, false), P::Available, &[], Move::Ask(manage)),
        (wish(true, true, false), P::Manageable, &[manage], Move::Ask(clean)),
        (wish(true, true, true), P::Manageable, &[manage, clean], Move::Ask(provide)),
        (wish(true, true, true), P::Available, &[manage, clean, provide], Move::Done),
        (wish(true, false, true), P::Manageable, &[clean], Move::Done),
        (wish(false, true, true), P::Manageable, &[], Move::Ask(provide)),
        (wish(false, true, false), P::Available, &[], Move::Done),
        (wish(true, false, true), P::CleanFailed, &[clean], Move::Failed),
        (wish(true, false, true), P::CleanFailed, &[], Move::AskAgain(manage)),
        (wish(true, false, true), P::Manageable, &[clean, manage], Move::Ask(clean)),
        (joined, P::CleanFailed, &[], Move::Failed),
    ];
    for (wish, state, asked, next) in table {
        let tried = Tried { asked: asked.to_vec(), forgiven: false };
        assert_eq!(set_up(&node(state), &tried, wish), next, "{} {asked:?}", state.name());
    }
}
