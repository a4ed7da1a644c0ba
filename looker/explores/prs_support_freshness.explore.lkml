# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_support_freshness.view.lkml"

explore: prs_support_freshness {
  label: "Support freshness"
  group_label: "Support"
  description: "How fresh is what is published, and up to when are its sources known?"
  persist_for: "60 seconds"
}
