# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_acquisition_freshness.view.lkml"

explore: prs_acquisition_freshness {
  label: "Acquisition freshness"
  group_label: "Acquisition"
  description: "How fresh is what is published, and up to when are its sources known?"
  persist_for: "60 seconds"
}
