# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_organisation_mrr_monthly.view.lkml"

explore: prs_organisation_mrr_monthly {
  label: "Organisation MRR monthly"
  group_label: "Growth"
  description: "What does each organisation pay, month by month, and how did that come about? (one row per organisation and month, from the first month in which it pays on)"
  persist_with: prs_growth_publication
}
