# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

project_name: "example"

constant: connection {
  value: "warehouse"
  export: override_optional
}
