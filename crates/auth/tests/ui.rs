//! What compile errors say.

#[test]
fn compile_errors_name_the_remedy() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
