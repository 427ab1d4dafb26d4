//! What the compiler says about wrong uses of the macros that need only the ground.

#[test]
fn mistakes_are_told_where_they_stand() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
