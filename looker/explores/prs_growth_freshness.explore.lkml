# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_growth_freshness.view.lkml"

explore: prs_growth_freshness {
  label: "Growth freshness"
  group_label: "Growth"
  description: "How fresh is what is published, and up to when are its sources known?"
  persist_for: "60 seconds"
}
