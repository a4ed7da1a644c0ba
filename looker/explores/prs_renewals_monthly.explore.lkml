# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_renewals_monthly.view.lkml"

explore: prs_renewals_monthly {
  label: "Renewals monthly"
  group_label: "Growth"
  description: "Which commitments were up for renewal, and how many of them, and of their money, went on? (one row per month in which renewals are due)"
  persist_with: prs_growth_publication
}
