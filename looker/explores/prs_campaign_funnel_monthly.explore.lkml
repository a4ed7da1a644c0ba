# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_campaign_funnel_monthly.view.lkml"

explore: prs_campaign_funnel_monthly {
  label: "Campaign funnel monthly"
  group_label: "Acquisition"
  description: "How many visitors did each campaign bring, and how many of them signed up and got a seat? (one row per month, way of attribution and campaign)"
  persist_with: prs_acquisition_publication
}
