# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_mrr_monthly.view.lkml"

explore: prs_mrr_monthly {
  label: "MRR monthly"
  group_label: "Growth"
  description: "What do all organisations pay together, month by month, and how did that come about? (one row per month)"
  persist_with: prs_growth_publication
}
