//! What the compiler says to the mistakes of newcomers. After a change that is meant:
//! `TRYBUILD=overwrite cargo test -p quintet-orm --test compile_errors`.

#[test]
fn mistakes_are_named() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// What a rest leaves out is found when the program is built, not when it is checked: one that is right has trybuild build.
#[test]
fn what_a_rest_leaves_out_is_told_at_the_call() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/built/rest_with_all.rs");
    cases.compile_fail("tests/ui/built/rest_without_a_field.rs");
}
