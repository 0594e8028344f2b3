//! Every fault of a template is told with the file that holds it, its line, and the variables that led there.

use super::messages::{Site, x};

/// What is said about `x`, which is made of the template `t.j2` of the site.
fn file(text: &str) -> String {
    let x = "x: \"{{ lookup('template', 't.j2') }}\"\ny: \"{{ nope }}\"\n";
    Site::new(&[
        ("globals.yml", x),
        ("templates/t.j2", text),
        ("templates/u.j2", "a\n{{ nope }}\n"),
    ])
    .x()
}

#[test]
fn a_fault_in_a_file_of_the_lookup_template() {
    insta::assert_snapshot!(file("one\ntwo {{ nope }}\n"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: 'nope' is undefined
      set by: x (globals.yml:1:4)
       --> templates/t.j2:2:8
        |
      1 | one
      2 | two {{ nope }}
        |        ^ here
      hint: set `nope`, or say what counts without it: `{{ nope | default(…) }}`
    ");
    insta::assert_snapshot!(file("one\n{% if %}\n"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: unexpected end of block
      set by: x (globals.yml:1:4)
       --> templates/t.j2:2:7
        |
      1 | one
      2 | {% if %}
        |       ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    ");
    insta::assert_snapshot!(file("one\n{{ y }}\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: 'nope' is undefined
      because: needed through `x` → `y`
      set by: y (globals.yml:2:4)
      set by: x (globals.yml:1:4)
       --> globals.yml:2:8
        |
      1 | x: "{{ lookup('template', 't.j2') }}"
      2 | y: "{{ nope }}"
        |        ^ here
      hint: set `nope`, or say what counts without it: `{{ nope | default(…) }}`
    "#);
    insta::assert_snapshot!(file("one\n{% include 'u.j2' %}\n"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: 'nope' is undefined
      set by: x (globals.yml:1:4)
       --> templates/u.j2:2:4
        |
      1 | a
      2 | {{ nope }}
        |    ^ here
      hint: set `nope`, or say what counts without it: `{{ nope | default(…) }}`
    ");
}

#[test]
fn the_mark_is_at_what_the_fault_speaks_of() {
    insta::assert_snapshot!(file("one\n  {% if true %}{{ 1 }}é{{ 1 ~\n  nope }}{% endif %}\n"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: 'nope' is undefined
      set by: x (globals.yml:1:4)
       --> templates/t.j2:3:3
        |
      1 | one
      2 |   {% if true %}{{ 1 }}é{{ 1 ~
      3 |   nope }}{% endif %}
        |   ^ here
      hint: set `nope`, or say what counts without it: `{{ nope | default(…) }}`
    ");
    insta::assert_snapshot!(file("one\n{{ 1 | no_such }}\n"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: No filter named 'no_such'.
      set by: x (globals.yml:1:4)
       --> templates/t.j2:2:8
        |
      1 | one
      2 | {{ 1 | no_such }}
        |        ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    ");
}

#[test]
fn a_file_that_asks_for_what_is_not_there_or_for_itself() {
    insta::assert_snapshot!(file("one\n{% include 'no.j2' %}\n"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: the template 'no.j2' was not found
      set by: x (globals.yml:1:4)
       --> templates/t.j2:2:1
        |
      1 | one
      2 | {% include 'no.j2' %}
        | ^ here
      hint: templates are looked for in `templates` of each layer, and beside the file that asks
    ");
    insta::assert_snapshot!(file("{% extends 't.j2' %}"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: more than 80 templates extend each other
      set by: x (globals.yml:1:4)
       --> templates/t.j2:1:1
        |
      1 | {% extends 't.j2' %}
        | ^ here
      hint: a template must not extend itself, nor one that extends it
    ");
    insta::assert_snapshot!(file("{% include 't.j2' %}"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: expressions, blocks and macros are more than 2000 deep
      set by: x (globals.yml:1:4)
       --> templates/t.j2:1:1
        |
      1 | {% include 't.j2' %}
        | ^ here
      hint: a macro, template or loop that calls itself needs an end; split long expressions into variables
    ");
    insta::assert_snapshot!(file("#jinja2: trim_blocks: 1\nx\n"), @"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: trim_blocks must be bool, not an integer
      set by: x (globals.yml:1:4)
       --> templates/t.j2:1:1
        |
      1 | #jinja2: trim_blocks: 1
        | ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    ");
}

#[test]
fn names_that_mean_nothing() {
    insta::assert_snapshot!(x("x: \"{{ 1 is no_such_test }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: No test named 'no_such_test'.
      set by: x (globals.yml:1:4)
       --> globals.yml:1:13
        |
      1 | x: "{{ 1 is no_such_test }}"
        |             ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    "#);
    let told = |expression: &str| x(&format!("x: \"{{{{ {expression} }}}}\"\n"));
    let dotted = ["1 | a.b.c", "1 is a.b.c", "(1 | a.b.c) if true", "1 is ansible.utils.no_such"];
    for expression in dotted {
        assert!(told(expression).contains("plug-ins of collections"), "{}", told(expression));
    }
    insta::assert_snapshot!(x("x: \"{{ lookup('no_such_lookup', 'a') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: The lookup plugin 'no_such_lookup' was not found
      set by: x (globals.yml:1:4)
       --> globals.yml:1:16
        |
      1 | x: "{{ lookup('no_such_lookup', 'a') }}"
        |                ^ here
      hint: use a variable or a file instead, or tag the text `!unsafe`
    "#);
    insta::assert_snapshot!(x("x: \"{{ 'a'.no_such_method() }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: object of type 'str' has no attribute 'no_such_method'
      set by: x (globals.yml:1:4)
       --> globals.yml:1:12
        |
      1 | x: "{{ 'a'.no_such_method() }}"
        |            ^ here
      hint: add what is missing, or say what counts without it with `| default(…)`
    "#);
}

#[test]
fn functions_and_statements_that_mean_nothing() {
    insta::assert_snapshot!(x("x: \"{{ no_such_function() }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: 'no_such_function' is undefined
      set by: x (globals.yml:1:4)
       --> globals.yml:1:8
        |
      1 | x: "{{ no_such_function() }}"
        |        ^ here
      hint: set `no_such_function`, or say what counts without it: `{{ no_such_function | default(…) }}`
    "#);
    insta::assert_snapshot!(x("x: \"{{ 'a' | community.general.jc('ls') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: No filter named 'community.general.jc'.
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ 'a' | community.general.jc('ls') }}"
        |    ^ here
      hint: Ymir knows only some plug-ins of collections, which docs/templates.md lists: write the value itself into a variable, or use what Ansible brings
    "#);
    insta::assert_snapshot!(x("x: \"{% nonsense %}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: unknown statement nonsense
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{% nonsense %}"
        |    ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    "#);
}

#[test]
fn arguments_that_do_not_fit() {
    insta::assert_snapshot!(x("x: \"{{ 'a' | extract }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: the filter `extract` is missing its argument 'container'
      set by: x (globals.yml:1:4)
       --> globals.yml:1:14
        |
      1 | x: "{{ 'a' | extract }}"
        |              ^ here
      hint: Ansible's documentation has the arguments of its filters, tests and lookups
    "#);
    insta::assert_snapshot!(x("x: \"{{ 'a' | upper(1) }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: the filter `upper` got too many positional arguments
      set by: x (globals.yml:1:4)
       --> globals.yml:1:14
        |
      1 | x: "{{ 'a' | upper(1) }}"
        |              ^ here
      hint: Ansible's documentation has the arguments of its filters, tests and lookups
    "#);
    insta::assert_snapshot!(x("x: \"{{ [1] | join(sep=',') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: the filter `join` got an unexpected keyword argument 'sep'
      set by: x (globals.yml:1:4)
       --> globals.yml:1:19
        |
      1 | x: "{{ [1] | join(sep=',') }}"
        |                   ^ here
      hint: Ansible's documentation has the arguments of its filters, tests and lookups
    "#);
    insta::assert_snapshot!(x("x: \"{{ 'a' + 1 }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: can only concatenate str (not "int") to str
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ 'a' + 1 }}"
        |    ^ here
      hint: `~` joins values of all types as text; `| int` makes a number of text
    "#);
}

#[test]
fn a_loop_through_lists_and_dicts() {
    let text = "a: ['{{ b }}']\nb: {x: '{{ c }}'}\nc: '{{ a }}'\nx: '{{ a }}'\n";
    insta::assert_snapshot!(x(text), @"
    exit 3
    error: ctl1: evaluating `x`
      because: Recursive loop detected in template: a -> b -> c -> a
      because: needed through `x` → `a` → `b` → `c`
      set by: c (globals.yml:3:4)
      set by: b (globals.yml:2:8)
      set by: a (globals.yml:1:5)
      set by: x (globals.yml:4:4)
       --> globals.yml:3:4
        |
      1 | a: ['{{ b }}']
      2 | b: {x: '{{ c }}'}
      3 | c: '{{ a }}'
        |    ^ here
      hint: break the loop: `a` must not depend on itself
    ");
}

#[test]
fn variables_that_need_too_many_others() {
    let link = |at: usize| format!("v{at}: \"{{{{ v{} }}}}\"\n", at + 1);
    let text: String = (0..100).map(link).collect();
    let told = x(&(text + "v100: 1\nx: \"{{ v0 }}\"\n"));
    let is_long = |line: &&str| line.contains("set by") || line.contains("needed through");
    let told: Vec<&str> = told.lines().filter(|line| !is_long(line)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Recursive loop detected in template: more than 80 variables deep at `v79`
        --> globals.yml:79:6
         |
      77 | v76: "{{ v77 }}"
      78 | v77: "{{ v78 }}"
      79 | v78: "{{ v79 }}"
         |      ^ here
      hint: let some of these variables hold their values instead of naming others
    "#);
}

#[test]
fn lookups_that_fail() {
    insta::assert_snapshot!(x("x: \"{{ lookup('pipe', 'echo oh no >&2; exit 3') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: lookup_plugin.pipe(echo oh no >&2; exit 3) returned 3: oh no
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ lookup('pipe', 'echo oh no >&2; exit 3') }}"
        |    ^ here
      hint: give the command by itself on this machine, and mend it or what it reads
    "#);
    insta::assert_snapshot!(x("x: \"{{ lookup('template', 'no.j2') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Unable to access the file 'no.j2': File not found
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ lookup('template', 'no.j2') }}"
        |    ^ here
      hint: create one of these files: SITE/templates/no.j2, SITE/no.j2
    "#);
    insta::assert_snapshot!(x("x: \"{{ lookup('first_found', ['a', 'b']) }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: No file was found when using first_found.
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ lookup('first_found', ['a', 'b']) }}"
        |    ^ here
      hint: create one of these files: a, b
    "#);
    insta::assert_snapshot!(x("x: \"{{ lookup('ini', 'k', file='no.ini') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Unable to access the file 'no.ini': File not found
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ lookup('ini', 'k', file='no.ini') }}"
        |    ^ here
      hint: create one of these files: SITE/files/no.ini, SITE/no.ini
    "#);
}

#[test]
fn facts_that_nobody_has_gathered() {
    insta::assert_snapshot!(x("x: \"{{ ansible_facts.os_family }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: object of type 'dict' has no attribute 'os_family'
      set by: x (globals.yml:1:4)
       --> globals.yml:1:22
        |
      1 | x: "{{ ansible_facts.os_family }}"
        |                      ^ here
      hint: add what is missing, or say what counts without it with `| default(…)`
    "#);
    insta::assert_snapshot!(x("x: \"{{ ansible_os_family }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: 'ansible_os_family' is undefined
      set by: x (globals.yml:1:4)
       --> globals.yml:1:8
        |
      1 | x: "{{ ansible_os_family }}"
        |        ^ here
      hint: no facts are gathered here: set `ansible_os_family`, or say what counts without it: `{{ ansible_os_family | default(…) }}`
    "#);
    insta::assert_snapshot!(x("x: \"{{ hostvars['nobody'].a }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: hostvars['nobody'] is undefined
      set by: x (globals.yml:1:4)
       --> globals.yml:1:18
        |
      1 | x: "{{ hostvars['nobody'].a }}"
        |                  ^ here
      hint: add what is missing, or say what counts without it with `| default(…)`
    "#);
}

#[test]
fn values_that_grow_without_end() {
    insta::assert_snapshot!(x("x: \"{{ 'x' * 100000000 }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: the value would be too long: a text has at most 16 MiB, a list or dict 2 million items
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ 'x' * 100000000 }}"
        |    ^ here
      hint: look for a number that is too large, or a text or list that grows in a loop
    "#);
    insta::assert_snapshot!(x("x: \"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: expressions, blocks and macros are more than 2000 deep
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"
        |    ^ here
      hint: a macro, template or loop that calls itself needs an end; split long expressions into variables
    "#);
}
