//! The `quintet` command: `quintet new shop`.

fn main() -> std::process::ExitCode {
    quintet_cli::new::main()
}
